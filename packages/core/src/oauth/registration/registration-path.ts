/** Where clients register, and, with their id in the query, manage themselves. */
export const REGISTRATION_PATH = '/oauth/register'

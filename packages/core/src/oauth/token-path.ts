/** Where the token endpoint is: beside the endpoint itself, what is addressed to it needs to know. */
export const TOKEN_PATH = '/oauth/token'

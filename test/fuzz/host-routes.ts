/** Routes of the host application that the kit guards. */
export const HOST_ROUTES = [
  { method: 'GET', path: '/orders' },
  { method: 'POST', path: '/orders' },
] as const

/** With this header in a request, the host parses its body before the kit sees it. */
export const HOST_PARSES = 'x-host-parses'

/** The scope that the guard asks for. */
export const HOST_SCOPE = 'orders:read'

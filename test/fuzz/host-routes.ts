/** Routes of the host application that the kit guards: by credential headers, or by access token. */
export const HOST_ROUTES = [
  { method: 'GET', path: '/orders', guard: 'credentials' },
  { method: 'POST', path: '/orders', guard: 'credentials' },
  { method: 'GET', path: '/tools', guard: 'token' },
  { method: 'POST', path: '/tools', guard: 'token' },
] as const

/** With this header in a request, the host parses its body before the kit sees it. */
export const HOST_PARSES = 'x-host-parses'

/** The scope that the guards ask for. */
export const HOST_SCOPE = 'orders:read'

/** What a person sees who opens the application itself in a browser. */
export function homePage(partnerUrl: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>XWMS is running</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --text: #17191f; --quiet: #565d6b; --link: #2b5bd7; --ground: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --text: #f1f3f6; --quiet: #a3abb8; --link: #7f9fee; --ground: #171920; }
}
body {
  max-width: 38rem; margin: 0 auto; padding: clamp(2rem, 10vw, 5rem) 1.25rem;
  background: var(--ground); color: var(--text); font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.75rem; line-height: 1.25; letter-spacing: -.015em; text-wrap: balance; }
a { color: var(--link); text-underline-offset: .15em; }
dt { margin-top: 1.25rem; }
dd { margin: 0; color: var(--quiet); }
code { font: .9375em ui-monospace, Menlo, Consolas, monospace; }
</style>
</head>
<body>
<main>
<h1>XWMS is running in this application</h1>
<p>This is the application that has XWMS mounted in it. Other applications sign their users in here and call its API;
<a href="${partnerUrl}">the partner app</a> is one of them, and the best place to begin.</p>
<dl>
<dt><a href="/api/info"><code>GET /api/info</code></a></dt>
<dd>What this XWMS is, and where its endpoints are.</dd>
<dt><a href="/.well-known/openid-configuration"><code>GET /.well-known/openid-configuration</code></a></dt>
<dd>The same for OpenID Connect clients.</dd>
<dt><a href="/orders"><code>GET /orders</code></a></dt>
<dd>A route of the application&rsquo;s own, guarded: a browser, which has no client credentials, is refused.</dd>
</dl>
</main>
</body>
</html>
`
}

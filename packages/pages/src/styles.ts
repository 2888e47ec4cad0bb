import { type Html, trustedHtml } from './html.ts'
import { type Palette, palettes } from './palette.ts'

/**
 * The one style sheet, small enough to travel inside every page, which then needs no second request.
 *
 * It is written for the narrowest phone first: there the card is the page. From 30rem up it becomes a card on a quiet
 * ground. Sizes are in rem, so that a reader's own text size is respected.
 *
 * @param brandColor `#rrggbb`; already checked, because it goes into the sheet as it is.
 */
export function styles(brandColor: string): Html {
  const { light, dark } = palettes(brandColor)
  return trustedHtml(`
:root { color-scheme: light dark; ${variables(light)} }
@media (prefers-color-scheme: dark) { :root { ${variables(dark)} } }
${RULES}`)
}

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}: ${color};`)
    .join(' ')
}

const RULES = `
*, ::before, ::after { box-sizing: border-box; }
html { height: 100%; -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  display: flex; flex-direction: column; align-items: center; min-height: 100%; margin: 0;
  padding: 1.5rem 1.25rem; gap: 1.5rem;
  background: var(--card); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
strong { font-weight: 600; }
a { color: var(--link); text-underline-offset: .15em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
code { font: .875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }

.brand { max-width: 100%; font-weight: 600; letter-spacing: -.01em; text-align: center; }
.brand img { display: block; max-width: min(12rem, 100%); height: 2.5rem; object-fit: contain; }

.card { display: flex; flex-direction: column; gap: 1.5rem; width: 100%; max-width: 26rem; }

.intro { display: flex; flex-direction: column; align-items: center; gap: .375rem; text-align: center; }
.intro > * { max-width: 100%; }
h1 { font-size: 1.5rem; font-weight: 600; line-height: 1.25; letter-spacing: -.015em; text-wrap: balance; }
.host { font-size: .875rem; }

.logo, .portrait { flex: none; object-fit: contain; }
.logo { width: 3.5rem; height: 3.5rem; margin-bottom: .625rem; border-radius: .875rem; }
.portrait { width: 2.5rem; height: 2.5rem; border-radius: 50%; object-fit: cover; }
.monogram {
  display: grid; place-items: center; overflow: hidden; background: var(--accent); color: var(--onAccent);
  font-weight: 600; line-height: 1; user-select: none;
}
.logo.monogram { font-size: 1.5rem; }
.portrait.monogram { background: var(--line); color: var(--text); }

.problem {
  padding: .75rem 1rem; border-inline-start: 3px solid var(--problem); border-radius: .375rem;
  background: var(--problemBackground); color: var(--problem);
}

form, .field { display: flex; flex-direction: column; }
form { gap: 1.125rem; }
.field { gap: .375rem; }
label { font-size: .9375rem; font-weight: 500; }
input:not([type=hidden]) {
  width: 100%; min-height: 3rem; padding: .625rem .875rem;
  border: 1px solid var(--outline); border-radius: .625rem; background: var(--card); color: inherit; font: inherit;
}
input:focus-visible { border-color: var(--link); outline-offset: -1px; }

.actions { display: flex; flex-direction: column; gap: .625rem; margin-top: .375rem; }
button {
  width: 100%; min-height: 3rem; padding: .625rem 1rem;
  border: 1px solid var(--line); border-radius: .625rem; background: transparent; color: var(--text);
  font: inherit; font-weight: 500; cursor: pointer;
}
button:hover { background: var(--background); }
button.main { border-color: var(--accentOutline); background: var(--accent); color: var(--onAccent); font-weight: 600; }
button.main:hover { background: var(--accentHover); }

.account {
  display: flex; gap: .875rem; align-items: center; padding: .875rem 1rem;
  border: 1px solid var(--line); border-radius: .75rem;
}
.account p { display: grid; min-width: 0; line-height: 1.4; }
.account .name { font-weight: 600; }
.account .email { color: var(--quiet); font-size: .875rem; }
.account a { justify-self: start; margin-top: .25rem; font-size: .875rem; }

h2 { font-size: .9375rem; font-weight: 600; }
.scopes { margin-top: .375rem; }
details { margin-top: .75rem; }
summary { color: var(--quiet); font-size: .9375rem; cursor: pointer; }
.scopes li { position: relative; padding-block: .625rem; padding-inline: 1.75rem .25rem; }
.scopes li + li { border-top: 1px solid var(--line); }
.scopes li::before {
  content: ""; position: absolute; inset-block-start: 1.0625rem; inset-inline-start: .25rem;
  width: .8125rem; height: .4375rem; border: solid var(--link); border-width: 0 0 2px 2px; rotate: -45deg;
}
.scopes span { display: block; }
.detail, .returns { color: var(--quiet); font-size: .875rem; }
.returns strong { color: var(--text); }

.notice { display: grid; gap: .5rem; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: .75rem; }
.user-code, input.user-code {
  font: 600 1.375rem/1.4 ui-monospace, "SF Mono", Menlo, Consolas, monospace; letter-spacing: .12em; text-align: center;
}
input.user-code { text-transform: uppercase; }

h3 { margin: 0; font-size: 1rem; font-weight: 600; line-height: 1.4; }
.listed h2 { font-size: 1.125rem; }
.detail strong { color: var(--text); }
.entries > li { display: flex; flex-direction: column; gap: .75rem; padding-block: 1rem; }
.entries > li + li { border-top: 1px solid var(--line); }
.entry { display: flex; gap: .875rem; align-items: center; }
.entry > div { min-width: 0; }
.entry .logo { width: 2.5rem; height: 2.5rem; margin: 0; border-radius: .625rem; font-size: 1.125rem; }
.access { display: grid; gap: .75rem; padding-inline-start: 1.25rem; font-size: .9375rem; list-style: disc; }
.removable { display: flex; gap: .75rem; align-items: center; justify-content: space-between; }
.removable > span { min-width: 0; }
button.small { flex: none; width: auto; min-height: 2.75rem; padding: .25rem .75rem; font-size: .875rem; }

dl { display: grid; gap: .5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); font-size: .875rem; }
dl div { display: flex; gap: 1rem; }
dt { flex: 0 0 4.5rem; color: var(--quiet); }
dd code { user-select: all; }

.policies { color: var(--quiet); font-size: .8125rem; text-align: center; }
footer ul { display: flex; flex-wrap: wrap; justify-content: center; gap: .375rem 1.25rem; font-size: .875rem; }
.policies a, footer a { color: inherit; }
footer { color: var(--quiet); }
.policies a:hover, footer a:hover { color: var(--text); }

/* Most logos are drawn for a light ground. */
@media (prefers-color-scheme: dark) {
  img.logo, .brand img { padding: .25rem; border-radius: .625rem; background: #fff; }
}
@media (min-width: 30rem) {
  body { justify-content: center; padding: 3rem 1.5rem; background: var(--background); }
  .card {
    padding: 2.5rem; border: 1px solid var(--line); border-radius: 1.25rem; background: var(--card);
    box-shadow: 0 1px 2px rgb(0 0 0 / 4%), 0 12px 32px rgb(0 0 0 / 6%);
  }
  .choice { flex-flow: row wrap; }
  .choice button { flex: 1; width: auto; white-space: nowrap; }
}
@media (prefers-reduced-motion: no-preference) {
  button, input, a { transition: background-color .12s, border-color .12s, color .12s; }
}
`

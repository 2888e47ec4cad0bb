import t from 'tap'
import { contrast, mix, parseColor, readableOn, textOn } from '../src/color.ts'
import { type Palette, palettes } from '../src/palette.ts'

/** What stands on what, and the contrast it needs: 4.5 for text, 3 for the outline of a control (WCAG 2.2 AA). */
const PAIRS: readonly [keyof Palette, keyof Palette, number][] = [
  ['text', 'card', 4.5],
  ['text', 'background', 4.5],
  ['text', 'line', 4.5],
  ['quiet', 'card', 4.5],
  ['quiet', 'background', 4.5],
  ['link', 'card', 4.5],
  ['link', 'background', 4.5],
  ['problem', 'problemBackground', 4.5],
  ['onAccent', 'accent', 4.5],
  ['onAccent', 'accentHover', 4.5],
  ['accentOutline', 'card', 3],
  ['outline', 'card', 3],
]

t.test('every pair is readable in both schemes, whatever the brand colour', t => {
  for (const brand of [
    '#2b5bd7',
    '#ffd400',
    '#ffffff',
    '#000000',
    '#777777',
    '#ff0000',
    '#00ff00',
    '#0a7d55',
  ]) {
    for (const [scheme, palette] of Object.entries(palettes(brand))) {
      for (const [above, below, needed] of PAIRS) {
        const found = contrast(palette[above], palette[below])
        t.ok(
          found >= needed,
          `${brand}, ${scheme}: ${above} on ${below} has ${found.toFixed(2)} of ${needed}`,
        )
      }
    }
  }
  t.end()
})

t.test('a colour that reads well already stays as it is', t => {
  t.equal(readableOn('#ffffff', '#2b5bd7', 4.5), '#2b5bd7')
  t.end()
})

t.test('contrast is that of WCAG', t => {
  t.equal(contrast('#000000', '#ffffff'), 21)
  t.equal(contrast('#ffffff', '#ffffff'), 1)
  t.equal(contrast('#767676', '#ffffff').toFixed(2), '4.54')
  t.equal(textOn('#ffd400'), '#000000')
  t.equal(mix('#000000', '#ffffff', 0.5), '#808080')
  t.end()
})

t.test('colours are read in two notations and no others', t => {
  t.equal(parseColor('#ABC'), '#aabbcc')
  t.equal(parseColor('#A1b2C3'), '#a1b2c3')
  for (const value of [
    'red',
    '#ab',
    '#abcd',
    '#12345g',
    'rgb(0,0,0)',
    '#fff;}body{display:none',
    '#fff\n',
    '',
  ]) {
    t.equal(parseColor(value), undefined, value)
  }
  t.end()
})

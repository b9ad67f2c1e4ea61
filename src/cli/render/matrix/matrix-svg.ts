/** The reachability matrix as a picture: one SVG that needs nothing else, light or dark as the reader has it. Shapes say what colours say. */
import type { Cell, Matrix, Reached } from '../../../verify/index.ts'
import { flow } from '../table.ts'
import { cellText, escaped, listText, meanings, shownOf } from './words.ts'

/** Pixels. */
const size = { cell: 26, gap: 10, margin: 24, title: 64, letter: 6.7, legend: 56, line: 20 } as const
/** Of headings that stand at an angle. */
const slope = Math.PI / 4

export function matrixSvg(network: string, whole: Matrix): string {
  const { matrix, closed } = shownOf(whole)
  const { groups, offers, cells } = matrix
  const [ofWidth, nameWidth] = [
    Math.max(...offers.map(({ of }) => of.length)) * size.letter + 12,
    Math.max(...offers.map(({ name }) => name.length)) * size.letter + 16,
  ]
  const longest = Math.max(...groups.map(({ name }) => name.length)) * size.letter
  const left = size.margin + ofWidth + nameWidth
  const top = size.title + longest * Math.sin(slope) + 22
  const right = left + groups.length * size.cell
  const tops = topsOf(matrix, top)
  const bottom = (tops.at(-1) ?? top) + size.cell
  const width = Math.ceil(Math.max(right + longest * Math.cos(slope), 640) + size.margin)
  const remark =
    closed.length > 0 ? linesOf(`Nobody reaches anything else of ${listText(closed, 5)}.`, width) : []
  const below = bottom + remark.length * size.line
  const height = Math.ceil(below + size.legend + size.margin)
  const columns = groups.map(
    ({ name }, index) =>
      `<text class="head" transform="translate(${place(left + (index + 0.5) * size.cell + 4)} ${place(top - 10)}) rotate(-45)">${escaped(name)}</text>`,
  )
  const rows = offers.flatMap((offer, row) => {
    const y = tops[row] as number
    const isFirst = offers[row - 1]?.of !== offer.of
    const middle = place(y + size.cell / 2 + 4)
    return [
      ...(isFirst && row > 0
        ? [`<path class="line" d="M${size.margin} ${place(y - size.gap / 2)}H${place(right)}"/>`]
        : []),
      ...(isFirst ? [`<text class="of" x="${size.margin}" y="${middle}">${escaped(offer.of)}</text>`] : []),
      `<text class="${offer.rest ? 'rest' : 'name'}" x="${place(size.margin + ofWidth)}" y="${middle}">${escaped(offer.name)}</text>`,
      ...groups.flatMap((group, column) => {
        const cell = cells[row]?.[column]
        if (!cell) return []
        return [cellShape(cell, left + column * size.cell, y, cellText(group, offer, cell))]
      }),
    ]
  })
  const about = `Who reaches what in ${network}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title about">
<title id="title">${escaped(about)}</title>
<desc id="about">For every packet that opens something: ${groups.length} groups that send, across, against ${offers.length} offers, down. Each mark has a title that says what it means.</desc>
<style>${style}</style>
<rect class="page" width="${width}" height="${height}"/>
<text class="title" x="${size.margin}" y="34">${escaped(about)}</text>
<text class="rest" x="${size.margin}" y="54">for every packet that opens something; who sends is across, what is offered is down</text>
${columns.join('\n')}
${rows.join('\n')}
${remark.map((line, index) => `<text class="rest" x="${size.margin}" y="${place(bottom + 26 + index * size.line)}">${escaped(line)}</text>`).join('\n')}
${legend(below + 14)}
</svg>
`
}

/** Of a sentence that is too long for the picture, its lines. */
const linesOf = (text: string, width: number): readonly string[] =>
  flow(text.split(' '), Math.floor((width - 2 * size.margin) / size.letter), '', ' ').split('\n')

/** A gap before each that offers something else. */
function topsOf({ offers }: Matrix, top: number): readonly number[] {
  let y = top
  return offers.map(({ of }, row) => {
    if (row > 0) y += size.cell + (offers[row - 1]?.of === of ? 0 : size.gap)
    return y
  })
}

function cellShape({ reached }: Pick<Cell, 'reached'>, x: number, y: number, title: string): string {
  const box = `<rect class="box" x="${place(x + 1)}" y="${place(y + 1)}" width="${size.cell - 2}" height="${size.cell - 2}" rx="5"/>`
  return `<g class="${reached}"><title>${escaped(title)}</title>${box}${mark(reached, x + size.cell / 2, y + size.cell / 2)}</g>`
}

/** A disc, a disc in a ring, half a disc, a dot. */
function mark(reached: Reached, x: number, y: number): string {
  const circle = (r: number, kind: string) =>
    `<circle class="${kind}" cx="${place(x)}" cy="${place(y)}" r="${r}"/>`
  switch (reached) {
    case 'all':
      return circle(7, 'full')
    case 'site':
      return circle(7, 'ring') + circle(3.5, 'full')
    case 'some':
      return `${circle(7, 'ring')}<path class="full" d="M${place(x)} ${place(y - 7)}a7 7 0 0 0 0 14z"/>`
    case 'none':
      return circle(1.5, 'full')
  }
}

function legend(y: number): string {
  let x: number = size.margin
  return (['all', 'site', 'some', 'none'] as const)
    .map((reached) => {
      const shape = cellShape({ reached }, x, y, meanings[reached])
      const text = `<text class="name" x="${place(x + size.cell + 6)}" y="${place(y + size.cell / 2 + 4)}">${meanings[reached]}</text>`
      x += size.cell + 30 + meanings[reached].length * (size.letter - 0.9)
      return shape + text
    })
    .join('\n')
}

const place = (number: number): string => `${Math.round(number * 10) / 10}`

/** Contrast with the page is 4.5 or more for all text, and 3 or more for marks (WCAG 2.2). */
const style = `
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1f2328}
.page{fill:#fff}.title{font-size:18px;font-weight:600}.head,.of{font-weight:600}.rest{fill:#59636e}
.line{stroke:#d1d9e0;fill:none}.box{fill:#f6f8fa}.ring{fill:none;stroke-width:1.6}
.all .box{fill:#dafbe1}.all .full{fill:#1a7f37}
.site .box{fill:#ddf4ff}.site .full{fill:#0969da}.site .ring{stroke:#0969da}
.some .box{fill:#fff3d4}.some .full{fill:#9a6700}.some .ring{stroke:#9a6700}
.none .full{fill:#818b98}
g:hover .box{stroke:#59636e}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.page{fill:#0d1117}.rest{fill:#9198a1}.line{stroke:#30363d}.box{fill:#161b22}
.all .box{fill:#12351f}.all .full{fill:#3fb950}
.site .box{fill:#0f2d4d}.site .full{fill:#58a6ff}.site .ring{stroke:#58a6ff}
.some .box{fill:#3a2d0a}.some .full{fill:#d29922}.some .ring{stroke:#d29922}
.none .full{fill:#767e88}
g:hover .box{stroke:#9198a1}
}`

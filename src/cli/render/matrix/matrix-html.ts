/** The reachability matrix as a page that needs nothing else: the picture, and what its marks say, as a list that can be read aloud and searched. */
import type { Cell, Matrix } from '../../../verify/index.ts'
import { trafficText } from '../plan/words.ts'
import { matrixSvg } from './matrix-svg.ts'
import { escaped, meanings, ruleText } from './words.ts'

export function matrixHtml(network: string, matrix: Matrix): string {
  const about = escaped(`Who reaches what in ${network}`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${about}</title>
<style>${style}</style>
</head>
<body>
<main>
<div class="picture" role="region" aria-label="${about}" tabindex="0">
${matrixSvg(network, matrix)}</div>
${sections(matrix).join('\n')}
</main>
</body>
</html>
`
}

/** Of each that offers something, who reaches it: nothing is left out but what nobody reaches. */
function sections({ groups, offers, cells }: Matrix): readonly string[] {
  const names = [...new Set(offers.map(({ of }) => of))]
  return names.map((of) => {
    const items = offers.flatMap((offer, row) => {
      if (offer.of !== of) return []
      return groups.flatMap((group, column) => {
        const cell = cells[row]?.[column]
        if (!cell || cell.reached === 'none') return []
        return [
          `<tr><td>${escaped(offer.name)}</td><td>${escaped(group.name)}</td><td>${escaped(meanings[cell.reached])}</td><td>${escaped(detail(cell))}</td></tr>`,
        ]
      })
    })
    const table =
      items.length > 0
        ? `<table><thead><tr><th scope="col">offer</th><th scope="col">who sends</th><th scope="col">reaches</th><th scope="col">what, and by which rule</th></tr></thead><tbody>\n${items.join('\n')}\n</tbody></table>`
        : '<p>Nobody reaches it.</p>'
    return `<details><summary>${escaped(of)}</summary>\n${table}\n</details>`
  })
}

/** What arrives, where it is not everything, and by which rule. */
const detail = (cell: Cell): string =>
  [...(cell.reached === 'some' ? [trafficText(cell.traffic)] : []), ruleText(cell) ?? '']
    .filter((text) => text !== '')
    .join('; ')

const style = `
:root{color-scheme:light dark}
body{margin:0;font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;background:#fff;color:#1f2328}
main{padding:0 0 48px}
.picture{overflow-x:auto}
.picture svg{display:block;height:auto;max-width:max(100%,640px)}
details{border-top:1px solid #d1d9e0;margin:0 24px;padding:8px 0;max-width:1100px;overflow-x:auto}
summary{font-weight:600;cursor:pointer}
table{border-collapse:collapse;margin:8px 0}
th,td{text-align:left;padding:3px 16px 3px 0;vertical-align:top}
th{color:#59636e;font-weight:600}
@media (prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}details{border-color:#30363d}th{color:#9198a1}}
`

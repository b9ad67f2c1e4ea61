/** The matrix of the example and of a generated network, as users see it, in `matrix/`. `npx vitest run test/case/matrix.test.ts --update` rewrites them. */
import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import { matrixHtml } from '../../src/cli/render/matrix/matrix-html.ts'
import { matrixSvg } from '../../src/cli/render/matrix/matrix-svg.ts'
import { matrixText } from '../../src/cli/render/matrix/matrix-text.ts'
import { openTerminal } from '../../src/cli/terminal.ts'
import { generateNetwork, loadNetwork, type Network, parseNetwork } from '../../src/model/index.ts'
import { derivePolicy } from '../../src/policy/index.ts'
import { matrixOf } from '../../src/verify/index.ts'

const example = loadNetwork('examples/two-sites/network.yaml').network as Network
const terminal = { ...openTerminal({ json: false }), out: picocolors.createColors(false), columns: 100 }
const file = (name: string): string => new URL(`matrix/${name}`, import.meta.url).pathname

describe('matrix', () => {
  it('of the example, as text, as a picture and as a page', async () => {
    const matrix = matrixOf(example, derivePolicy(example), { explain: true })
    await expect(`${matrixText(matrix, 0, terminal)}\n`).toMatchFileSnapshot(file('two-sites.txt'))
    const svg = matrixSvg('two-sites', matrix)
    expect(svg).not.toMatch(/<script|href=|url\(/)
    const page = matrixHtml('two-sites', matrix)
    expect(page).not.toMatch(/<script|href=|url\(/)
    expect(page.match(/<details>/g)).toHaveLength(new Set(matrix.offers.map(({ of }) => of)).size)
  })

  it('folds tenants that are alike', async () => {
    const network = parseNetwork(generateNetwork({ vms: 60, sites: 1 })).network as Network
    const matrix = matrixOf(network, derivePolicy(network))
    await expect(`${matrixText(matrix, 0, terminal)}\n`).toMatchFileSnapshot(file('generated.txt'))
  })

  it('tells two kinds of tenants that are alike from each other', () => {
    const network = parseNetwork(generateNetwork({ vms: 80, sites: 2 })).network as Network
    const { offers } = matrixOf(network, derivePolicy(network))
    const rows = offers.map(({ of, name }) => `${of}, ${name}`)
    expect(new Set(rows).size).toBe(rows.length)
    expect(rows).toContainEqual(
      expect.stringMatching(/^web of others among s1 and \d+ like it, everything else$/),
    )
  })

  it('of one tenant', async () => {
    const matrix = matrixOf(example, derivePolicy(example), {
      tenant: 'contoso',
      explain: true,
      isGroup: ({ name }) => name.startsWith('shop') || name === 'Internet',
      isOffer: ({ of }) => of.startsWith('shop'),
    })
    await expect(`${matrixText(matrix, 0, terminal)}\n`).toMatchFileSnapshot(file('contoso.txt'))
    await expect(matrixSvg('two-sites', matrix)).toMatchFileSnapshot(file('contoso.svg'))
  })
})

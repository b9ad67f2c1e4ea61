/**
 * Which file may import what. The folders of `src` are the steps of the data's journey; a folder imports only from folders
 * above it, and from them values through `index.ts` and types from anywhere.
 */
import { dirname, join, normalize } from 'node:path/posix'

/** Top to bottom. */
export const folders = [
  'net',
  'wire',
  'file',
  'model',
  'policy',
  'firewall',
  'trace',
  'verify',
  'bpf',
  'dataplane',
  'kernel',
  'dns',
  'balancer',
  'traffic',
  'control',
  'agent',
  'observe',
  'lab',
  'web',
  'cli',
]

/** Positions in the user's file: every kind of value carries them, so all may use the types, without the reader of files. */
const positions = 'src/file/source.ts'

/** Tests, and what only tests use: the files of a folder's `testing/`. */
const isTest = (path) => /\.test\.(ts|mjs)$|^test\/|\/testing\//.test(path)
const folderOf = (path) => /^src\/([^/]+)\//.exec(path)?.[1]
const packageOf = (specifier) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)[0]

/**
 * The rule that an import breaks, or `undefined`. `file` is a path from the root with slashes; `dependencies` are the
 * packages that an installed Glacis has.
 */
export function brokenRule(file, { specifier, typeOnly }, dependencies) {
  const importer = folderOf(file)
  if (importer !== undefined && !folders.includes(importer))
    return `src/${importer} has no place in the order of folders: give it one in scripts/import-rules.mjs`
  if (specifier.startsWith('.'))
    return brokenPathRule(file, importer, normalize(join(dirname(file), specifier)), typeOnly)
  return brokenPackageRule(file, importer, specifier, dependencies)
}

function brokenPackageRule(file, importer, specifier, dependencies) {
  if (specifier.startsWith('node:')) return undefined
  const name = packageOf(specifier)
  if (name === 'koffi' && importer !== 'kernel')
    return 'only src/kernel imports koffi: use what src/kernel offers'
  if (!file.startsWith('src/') || isTest(file)) return undefined
  if (name === 'glacis') return 'src imports its own files by path, not by the name of the package'
  if (importer === 'bpf') return `src/bpf stands alone: it imports no package, and '${name}' is one`
  if (!dependencies.includes(name))
    return `'${name}' is not among the dependencies of package.json: an installed Glacis lacks it`
  return undefined
}

function brokenPathRule(file, importer, target, typeOnly) {
  if (target.includes('/testing/') && file.startsWith('src/') && !isTest(file))
    return `only tests import from a folder testing/, and ${target} is in one`
  const imported = folderOf(target)
  if (imported === undefined) {
    if (!file.startsWith('src/') || target.startsWith('src/') || isTest(file)) return undefined
    return `src does not import from outside src, and ${target} is outside`
  }
  if (imported === importer) return undefined
  if (importer === 'bpf') return `src/bpf stands alone: it imports nothing of src/${imported}`
  const forAll = typeOnly && target === positions
  if (importer !== undefined && !forAll && folders.indexOf(imported) > folders.indexOf(importer))
    return `src/${importer} does not import from src/${imported}, which stands below it (${folders.join(', ')})`
  const face = `src/${imported}/index.ts`
  const mayReachInside = isTest(file) || file.startsWith('scripts/')
  if (typeOnly || target === face || target === positions || mayReachInside) return undefined
  return `values of src/${imported} come from ${face}; only types are imported from its other files`
}

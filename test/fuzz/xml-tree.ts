/** XML as a tree that a test can change: of well-formed files without text that matters. */

export interface Element {
  name: string
  attributes: [name: string, value: string][]
  children: Element[]
}

/** Elements with their attributes; comments, text and the declaration are left out. */
export function parse(text: string): Element {
  const top: Element = { name: '', attributes: [], children: [] }
  const open = [top]
  const plain = text.replace(/<\?.*?\?>|<!--[\s\S]*?-->/g, '')
  for (const [, end, name, attributes = '', empty] of plain.matchAll(
    /<(\/?)([\w:.-]+)((?:\s+[^\s=]+="[^"]*")*)\s*(\/?)>/g,
  )) {
    if (end) {
      open.pop()
      continue
    }
    const element: Element = {
      name: name as string,
      attributes: [...attributes.matchAll(/([^\s=]+)="([^"]*)"/g)].map(([, key, value]) => [
        key as string,
        value as string,
      ]),
      children: [],
    }
    open.at(-1)?.children.push(element)
    if (!empty) open.push(element)
  }
  const [root] = top.children
  if (!root || open.length !== 1) throw new TypeError('parse XML of a test: it is not well-formed')
  return root
}

export const serialize = ({ name, attributes, children }: Element): string =>
  `<${name}${attributes.map(([key, value]) => ` ${key}="${value}"`).join('')}>${children.map(serialize).join('\n')}</${name}>`

/** The element and all below it, in the order of the file. */
export const elementsOf = (element: Element): Element[] => [element, ...element.children.flatMap(elementsOf)]

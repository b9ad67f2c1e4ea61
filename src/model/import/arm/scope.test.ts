import { describe, expect, it } from 'vitest'
import {
  DiagnosticLog,
  type Located,
  parseJson,
  plainValue,
  SourceText,
  valueAt,
} from '../../../file/index.ts'
import { Budget, Scope } from './scope.ts'
import { NoValue } from './value.ts'

const json = (value: unknown): Located => {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const document = parseJson(SourceText('t.json', text), DiagnosticLog())
  if (!document) throw new TypeError('the test has no JSON')
  return document.root
}

const template = {
  parameters: {
    port: { type: 'int', defaultValue: 8443 },
    given: { type: 'string' },
    missing: { type: 'string' },
    flag: { type: 'bool', defaultValue: true },
    names: { type: 'array', defaultValue: ['web', 'db'] },
  },
  variables: {
    name: "[concat('nsg-', toLower('WEB'))]",
    nested: { port: 22, time: '[utcNow()]', list: [1, "[variables('name')]"] },
    copy: [
      { name: 'ports', count: "[length(parameters('names'))]", input: "[add(8000, copyIndex('ports'))]" },
    ],
    circle: "[variables('circle')]",
    inner: { copy: [{ name: 'a', count: 2, input: { i: "[copyIndex('a', 10)]" } }], b: 1 },
    bomb0: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    ...Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => {
        const one = `variables('bomb${i}')`
        return [`bomb${i + 1}`, `[concat(${Array.from({ length: 10 }, () => one).join()})]`]
      }),
    ),
  },
}

const scope = () =>
  new Scope(
    json(template),
    (name) => (name === 'given' ? json({ a: '[no expression]' }) : undefined),
    new Budget(),
  )

const evaluate = (expression: string): unknown =>
  plainValue(
    scope().value(
      json([expression]),
      new Map([
        ['', 3],
        ['loop', 7],
      ]),
    ),
  )

describe('expressions', () => {
  it.each<[string, unknown]>([
    ['plain', 'plain'],
    ['[[brackets]', '[brackets]'],
    ['[[brackets', '[brackets'],
    ["['text with '' quote']", "text with ' quote"],
    ["[variables('NAME')]", 'nsg-web'],
    ["[parameters('port')]", 8443],
    ["[parameters('given').a]", '[no expression]'],
    ["[parameters('names')[1]]", 'db'],
    ["[variables('nested').port]", 22],
    ["[variables('nested')['list'][1]]", 'nsg-web'],
    ["[variables('ports')]", [8000, 8001]],
    ["[variables('inner')]", { a: [{ i: 10 }, { i: 11 }], b: 1 }],
    ["[if(parameters('flag'), 'yes', reference('x'))]", 'yes'],
    ["[if(equals(parameters('port'), 8443), 'a', 'b')]", 'a'],
    ["[if(and(not(parameters('flag')), true()), 1, 2)]", 2],
    ['[copyIndex()]', 3],
    ["[copyIndex('Loop', 100)]", 107],
    ["[format('{0}-{1}-{{x}}', 'a', 5)]", 'a-5-{x}'],
    ["[concat(createArray('a'), array('b'))]", ['a', 'b']],
    ["[string(createArray(1, 'a'))]", '[1,"a"]'],
    ["[int('80')]", 80],
    ["[length(split('a,b;c', createArray(',', ';')))]", 3],
    ["[join(take(range(5, 4), 2), '-')]", '5-6'],
    ['[union(createArray(1, 2), createArray(2, 3))]', [1, 2, 3]],
    ['[intersection(createArray(1, 2), createArray(2, 3))]', [2]],
    ["[coalesce(null(), 'x')]", 'x'],
    ["[empty('')]", true],
    ["[contains(parameters('names'), 'web')]", true],
    ["[first(parameters('names'))]", 'web'],
    ['[last(skip(createArray(1, 2, 3), 1))]', 3],
    ['[mul(add(1, 2), sub(5, div(7, 2)))]', 6],
    ['[max(3, mod(7, 4))]', 3],
    ["[bool('TRUE')]", true],
    ["[padLeft(5, 3, '0')]", '005'],
    ["[replace('a.b.c', '.', '$&')]", 'a$&b$&c'],
    ["[substring('abcdef', 2, 2)]", 'cd'],
    ["[toUpper(trim(' x '))]", 'X'],
    ["[createObject('a', 1).a]", 1],
    ["[createObject('a', 1).?b]", undefined],
    [
      "[resourceId('Microsoft.Network/applicationSecurityGroups', 'web')]",
      '/subscriptions/-/resourceGroups/-/providers/Microsoft.Network/applicationSecurityGroups/web',
    ],
    [
      "[resourceId('group', 'Microsoft.Network/networkSecurityGroups/securityRules', 'n', 'r')]",
      '/subscriptions/-/resourceGroups/-/providers/Microsoft.Network/networkSecurityGroups/n/securityRules/r',
    ],
  ])('%s', (expression, value) => {
    if (value === undefined) expect(() => evaluate(expression)).toThrow(NoValue)
    else expect(evaluate(expression)).toEqual([value])
  })

  it.each([
    ["[parameters('missing')]", "parameter 'missing' has no value"],
    ["[parameters('nobody')]", "there is no parameter 'nobody'"],
    ["[variables('circle')]", "variable 'circle' depends on itself"],
    ["[variables('nested')]", "what 'utcnow' gives is not known here"],
    ["[variables('nested').nothing]", "what 'utcnow' gives is not known here"],
    ["[parameters('given').b]", "there is no 'b' in what the expression names"],
    ["[copyIndex('other')]", "'copyIndex' stands in no loop 'other'"],
    ["[if('x', 1, 2)]", "'if' needs true or false, and two values"],
    ["[concat('a', ]", 'the expression cannot be read'],
    ['[concat(]', 'the expression cannot be read'],
    ['[1 + 1]', 'the expression cannot be read'],
    ['[div(1, 0)]', 'the result is not a whole number'],
    ["[resourceId('x')]", "'resourceId' needs a type"],
    ['[range(0, 99999999)]', "'range' makes 0 to 10,000 numbers"],
    ["[variables('bomb9')]", 'makes more than 200000 values'],
    [`[${'not('.repeat(100)}true()${')'.repeat(100)}]`, 'nested too deeply'],
  ])('%s: %s', (expression, message) => expect(() => evaluate(expression)).toThrow(message))

  it('leads back to where a value is written', () => {
    const written = json(`{"variables": {"rules": [{"name":\n "a"}]}, "parameters": {}}`)
    const here = new Scope(written, () => undefined, new Budget())
    const value = here.value(json(`"[variables('rules')]"`))
    expect(valueAt(value, [0, 'name']).at).toMatchObject({ line: 2, column: 2 })
  })
})

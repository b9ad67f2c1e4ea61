/**
 * The resources of a template, as they would be deployed: loops run, conditions decided, children and nested templates gone into. Only
 * resources of wanted types are looked at, and their properties are evaluated when they are asked for.
 */
import type { Located } from '../../../file/index.ts'
import { Budget, type Given, holds, type Loops, noLoops, Scope } from './scope.ts'
import { isNull, memberOf, NoValue, textOf } from './value.ts'

export interface Resource {
  /** In lower case, with the types above it: `microsoft.network/networksecuritygroups/securityrules`. */
  readonly type: string
  /** Its own, with those of the resources above it if they are written into it; as written if it is known only when it is deployed. */
  readonly name: string
  /** Name of the resource that it stands in. */
  readonly above?: string
  /** Why the name is not known. */
  readonly nameless?: NoValue
  readonly written: Located
  readonly scope: Scope
  readonly loops: Loops
  /** Whether and how often it is there cannot be said, for this reason. */
  readonly unsure?: NoValue
}

const deployments = 'microsoft.resources/deployments'

/** Keys of a resource, by Microsoft's schema of templates. One that is unknown may be a slip for another that bears on what there is. */
const resourceKeys = new Set(
  (
    'apiversion asserts comments condition copy dependson etag existing extendedlocation id identity import kind location managedby ' +
    'metadata name plan properties resourcegroup resources scope sku subscriptionid symbolicname tags type zones'
  ).split(' '),
)
const deploymentKeys = new Set(
  (
    'debugsetting expressionevaluationoptions mode onerrordeployment parameters parameterslink provisioningstate template templatelink ' +
    'validationlevel'
  ).split(' '),
)
/** What a resource costs of the budget: there are 100,000 at most. */
const resourceSteps = 20
/** Nested templates within each other. */
const maxNesting = 10

export class ResourceReader {
  readonly #budget = new Budget()
  readonly #wanted: ReadonlySet<string>
  readonly found: Resource[] = []
  /** Places of templates that stand elsewhere. */
  readonly linked: Located[] = []
  #nesting = 0

  /** @param wanted types in lower case */
  constructor(wanted: readonly string[]) {
    this.#wanted = new Set([...wanted, deployments])
  }

  /** Throws {@link NoValue} where it cannot be said which resources there are. */
  template(template: Located, given: Given): void {
    this.#resources(template, new Scope(template, given, this.#budget), noLoops)
  }

  #resources(template: Located, scope: Scope, loops: Loops): void {
    if (++this.#nesting > maxNesting) throw new NoValue(template.at, 'templates are nested too deeply')
    const resources = memberOf(template, 'resources')
    if (!resources) throw new NoValue(template.at, "a template lacks 'resources'")
    for (const resource of itemsOf(resources)) this.#resource(resource, scope, loops, undefined)
    this.#nesting--
  }

  #resource(written: Located, scope: Scope, loops: Loops, above: Resource | undefined): void {
    if (written.kind !== 'map') throw new NoValue(written.at, 'a resource is an object')
    const existing = memberOf(written, 'existing')
    if (existing?.kind === 'scalar' && existing.value === true) return
    const type = this.#type(written, scope, loops, above)
    if (!this.#wanted.has(type)) return
    checkKeys(written, resourceKeys, 'a resource')
    const copy = memberOf(written, 'copy')
    if (!copy || copy.kind === 'list') return this.#once(written, type, scope, loops, above)
    let count: number
    try {
      count = scope.count(copy, loops)
    } catch (error) {
      if (!(error instanceof NoValue)) throw error
      const name = writtenName(written)
      return this.#add({ type, name, nameless: error, written, scope, loops, unsure: error })
    }
    const label = textOf(memberOf(copy, 'name'))?.toLowerCase()
    for (let index = 0; index < count; index++) {
      const within = new Map(loops).set('', index)
      if (label !== undefined) within.set(label, index)
      this.#once(written, type, scope, within, above)
    }
  }

  #once(written: Located, type: string, scope: Scope, loops: Loops, above: Resource | undefined): void {
    this.#budget.spend(written.at, resourceSteps)
    const resource = {
      type,
      ...nameOf(written, scope, loops),
      ...(above && { above: above.name }),
      written,
      scope,
      loops,
    }
    try {
      if (!holds(scope, memberOf(written, 'condition'), loops)) return
    } catch (error) {
      if (!(error instanceof NoValue)) throw error
      return this.#add({ ...resource, unsure: error })
    }
    if (type === deployments) return this.#nested(resource)
    this.#add(resource)
    for (const child of itemsOf(memberOf(written, 'resources'))) this.#resource(child, scope, loops, resource)
  }

  #add(resource: Resource): void {
    // What an uncertain deployment holds may be anything: without it the rest would be another network.
    if (resource.unsure && resource.type === deployments) throw resource.unsure
    this.found.push(resource)
  }

  #nested({ written, scope, loops }: Resource): void {
    const properties = memberOf(written, 'properties')
    if (properties) checkKeys(properties, deploymentKeys, 'a deployment')
    const template = memberOf(properties, 'template')
    if (!template) {
      const link = memberOf(properties, 'templateLink')
      if (link) this.linked.push(link)
      return
    }
    const options = memberOf(properties, 'expressionEvaluationOptions')
    const inner = textOf(memberOf(options, 'scope'))?.toLowerCase() === 'inner'
    // By default the expressions of a nested template are those of the template around it.
    if (!inner) return this.#resources(template, scope, loops)
    const parameters = memberOf(properties, 'parameters')
    const linked = memberOf(properties, 'parametersLink')
    const given: Given = (name) => {
      if (linked) throw new NoValue(linked.at, `parameter '${name}' is in a file that is linked`)
      const parameter = memberOf(parameters, name)
      const value = parameter && memberOf(parameter, 'value')
      if (parameter && !value) throw new NoValue(parameter.at, `parameter '${name}' has no value in the file`)
      return value && scope.value(value, loops)
    }
    this.#resources(template, new Scope(template, given, this.#budget), noLoops)
  }

  #type(written: Located, scope: Scope, loops: Loops, above: Resource | undefined): string {
    const type = memberOf(written, 'type')
    const text = (type && textOf(scope.value(type, loops)))?.toLowerCase() ?? ''
    const isWhole = /^[\w-]+(\.[\w-]+)+\/./.test(text)
    const found = isWhole || !above ? text : `${above.type}/${text}`
    const isKnown = isWhole || (above && (this.#wanted.has(found) || text.includes('/')))
    if (!isKnown)
      throw new NoValue((type ?? written).at, `a resource has no type, or none that is known here: '${text}'`)
    return found
  }
}

/** Resources are a list, or a mapping by symbolic name (languageVersion 2.0). */
function itemsOf(resources: Located | undefined): readonly Located[] {
  if (!resources || isNull(resources)) return []
  if (resources.kind === 'list') return resources.items
  if (resources.kind === 'map') return Array.from(resources.entries.values(), ({ value }) => value)
  throw new NoValue(resources.at, "'resources' is no list")
}

function checkKeys(value: Located, known: ReadonlySet<string>, what: string): void {
  if (value.kind !== 'map') return
  for (const [name, { key }] of value.entries)
    if (!known.has(name.toLowerCase())) throw new NoValue(key, `${what} has no property '${name}'`)
}

const writtenName = (written: Located): string => textOf(memberOf(written, 'name')) ?? ''

function nameOf(written: Located, scope: Scope, loops: Loops): Pick<Resource, 'name' | 'nameless'> {
  const name = memberOf(written, 'name')
  try {
    const text = name && textOf(scope.value(name, loops))
    return text
      ? { name: text }
      : { name: '', nameless: new NoValue((name ?? written).at, 'a resource has no name') }
  } catch (error) {
    if (!(error instanceof NoValue)) throw error
    return { name: writtenName(written), nameless: error }
  }
}

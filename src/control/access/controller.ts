/**
 * Gives, watches and takes back access. Everything is in the audit log before it is in force, and what the data plane knows is
 * compared with the log again and again: reading uses from a map and writing what the log lacks may be done any number of times, by
 * this process or by the next one that finds the maps.
 */
import { type Network, nodeById } from '../../model/index.ts'
import { formatIp, ipEquals } from '../../net/index.ts'
import type { GrantedPath } from '../../policy/index.ts'
import { type AuditLog, type LogFields, LogTamperedError } from '../audit-log/index.ts'
import { AccessError } from './access-error.ts'
import { type Grant, type GrantStatus, grantFields, replay, type UnfinishedGrant } from './grant.ts'
import { MappedGrants, type MapsOfNodes } from './mapped-grants.ts'
import { type AccessRequest, type CheckedRequest, checkRequest, pathsBetween } from './request.ts'

export interface ControllerOptions {
  /** The network in force. */
  readonly network: () => Network
  readonly maps: MapsOfNodes
  readonly log: AuditLog
  /** Nanoseconds of the clock of the data plane. */
  readonly now: () => bigint
}

interface Active {
  readonly grant: Grant
  /** Uses that are in the log, probes among them. */
  uses: bigint
  /** Of these, those that were packets of Glacis itself. */
  probes: bigint
  /** Probes that are under way, and how many of the next uses are theirs. */
  underWay: number
  pending: number
  lastUse: bigint
}

export class AccessController {
  readonly #options: ControllerOptions
  readonly #mapped: MappedGrants
  readonly #active = new Map<number, Active>()
  /** Paths that were closed and whose flows are to be ended once more. */
  #closed: { readonly host: string; readonly path: GrantedPath }[] = []
  #lastNumber: number
  /** What could not be written down and will be. */
  #untold: { readonly kind: string; readonly fields: LogFields }[] = []

  /**
   * Goes on with the grants that the log has no end of and the data plane still knows; of others the log is told that they are lost.
   * Throws what the log throws.
   */
  constructor(options: ControllerOptions) {
    this.#options = options
    this.#mapped = new MappedGrants(options.maps)
    const { unfinished, lastNumber } = replay(options.log.history)
    this.#lastNumber = lastNumber
    for (const grant of unfinished) this.#resume(grant)
    this.sweep()
  }

  /** Throws `AccessError` if the request is not to be granted, or cannot be written down; the log is told of both, as soon as it can be. */
  grant(request: AccessRequest): GrantStatus {
    this.#refuseWithoutLog(request, () => this.#inspectLog())
    this.sweep()
    const checked = this.#check(request)
    const { now } = this.#options
    const start = now()
    const grant: Grant = {
      ...checked,
      number: this.#lastNumber + 1,
      granted: this.#timeAt(start),
      ends: this.#timeAt(start + second * BigInt(checked.seconds)),
      until: start + second * BigInt(checked.seconds),
    }
    this.#refuseWithoutLog(request, () => {
      this.#flush()
      this.#tell('grant', grantFields(grant))
    })
    this.#lastNumber = grant.number
    try {
      for (const path of grant.paths) this.#mapped.put(grant.to, path, grant.until, grant.number)
    } catch (error) {
      this.#withdraw(grant)
      this.#note('failed', { grant: grant.number, message: String(error) })
      throw error
    }
    const active: Active = { grant, uses: 0n, probes: 0n, underWay: 0, pending: 0, lastUse: 0n }
    this.#active.set(grant.number, active)
    return this.#statusOf(active)
  }

  /** Grants in force, oldest first. */
  list(): readonly GrantStatus[] {
    this.sweep()
    return [...this.#active.values()].map((active) => this.#statusOf(active))
  }

  /**
   * Ends a grant and the connections that were opened under it. Throws `AccessError` if none of that number is in force. The caller is to
   * `sweep` a moment later: a packet that was under way may have brought a connection back.
   */
  revoke(number: number, by: string): GrantStatus & { readonly connections: number } {
    this.sweep()
    const active = this.#active.get(number)
    if (!active)
      throw new AccessError(
        'GL7012',
        `revoke grant ${number}: none of that number is in force; 'glacis access list' shows those that are`,
      )
    const connections = this.#withdraw(active.grant)
    this.#active.delete(number)
    const status = this.#statusOf(active)
    this.#note('revoke', { grant: number, by, uses: Number(active.uses), connections })
    return { ...status, connections }
  }

  /**
   * A packet of Glacis itself is about to be sent by the grant for a path; the log is told first, or `AccessError` thrown. The caller is to say
   * when it has arrived, or will not any more. Nothing happens if there is no such grant.
   */
  probe(host: string, path: GrantedPath, by: string): () => void {
    this.sweep()
    const active = [...this.#active.values()].find(
      ({ grant }) => grant.to === host && grant.paths.some((other) => isSamePath(other, path)),
    )
    if (!active) return () => {}
    const grant = active.grant.number
    if (this.#untold.length > 0) this.#flush()
    this.#tell('probe', { grant, by: by.slice(0, 600), family: path.source.family })
    active.underWay++
    active.pending++
    let over = false
    return () => {
      if (over) return
      over = true
      if (this.#active.get(grant) === active) this.#look(active)
      active.pending = Math.min(active.pending, --active.underWay)
    }
  }

  /** Records that wait for the log to be writable again. */
  get untold(): number {
    return this.#untold.length
  }

  /** Nanoseconds, of the clock of the data plane, of the next end of a grant; `undefined` if none is in force. */
  nextEnd(): bigint | undefined {
    let next: bigint | undefined
    for (const { grant } of this.#active.values())
      if (next === undefined || grant.until < next) next = grant.until
    return next
  }

  /** Writes down what the data plane has done since the last time: uses, ends, and entries that nobody granted. */
  sweep(): void {
    this.#tryFlush()
    for (const { host, path } of this.#closed.splice(0)) this.#mapped.endFlows(host, path)
    for (const active of [...this.#active.values()]) this.#look(active)
    for (const { id, kind } of this.#options.network().nodes) if (kind === 'host') this.#removeForeign(id)
  }

  /** The network goes down: the log is told that all grants end. Where it was taken away, that is whichever is at its path now. */
  close(): void {
    this.sweep()
    this.#renewLog()
    this.#tryFlush()
    for (const { grant, uses } of this.#active.values()) {
      this.#withdraw(grant)
      this.#note('end', { grant: grant.number, uses: Number(uses), why: 'The network went down.' })
    }
    this.#active.clear()
  }

  #check(request: AccessRequest): CheckedRequest {
    try {
      const checked = checkRequest(this.#options.network(), request)
      const other = [...this.#active.values()].find(
        ({ grant: { from, to, port } }) =>
          from === checked.from && to === checked.to && port === checked.port,
      )?.grant
      if (!other) return checked
      throw new AccessError(
        'GL7011',
        `grant access: ${other.who} has it from ${other.from} to ${other.to} until ${other.ends}; revoke grant ${other.number}, or use another jump box`,
      )
    } catch (error) {
      if (error instanceof AccessError) this.#noteRefusal(request, error)
      throw error
    }
  }

  #refuseWithoutLog(request: AccessRequest, work: () => void): void {
    try {
      work()
    } catch (error) {
      if (error instanceof AccessError) this.#noteRefusal(request, error)
      throw error
    }
  }

  /** Strings of a stranger, cut to what a record has room for. */
  #noteRefusal(
    { who, by, from, to, port, seconds, reason }: AccessRequest,
    { code, message }: AccessError,
  ): void {
    const cut = (text: string | undefined) => text?.slice(0, 600) ?? null
    const wish = { who: cut(who), by: cut(by), from: cut(from), to: cut(to), port: cut(port) }
    const finite = Number.isFinite(seconds) ? seconds : null
    this.#note('refuse', {
      ...wish,
      seconds: finite,
      reason: cut(reason),
      code,
      message: message.slice(0, 600),
    })
  }

  /** Closes the paths of a grant; returns how many connections ended. */
  #withdraw({ to, paths }: Grant): number {
    return paths.reduce((connections, path) => connections + this.#closePath(to, path), 0)
  }

  /** Nobody comes by it any more; returns how many connections ended. */
  #closePath(host: string, path: GrantedPath): number {
    this.#mapped.remove(host, path)
    this.#closed.push({ host, path })
    return this.#mapped.endFlows(host, path)
  }

  #look(active: Active): void {
    const { grant } = active
    const entries = grant.paths.map((path) => this.#mapped.read(grant.to, path))
    const altered = entries.some((e) => !e || e.number !== grant.number || e.until !== grant.until)
    const uses = entries.reduce((sum, entry) => sum + (entry?.uses ?? 0n), 0n)
    active.lastUse = entries.reduce((last, e) => (e && e.lastUse > last ? e.lastUse : last), active.lastUse)
    if (uses > active.uses) {
      const lastUse = this.#timeAt(active.lastUse)
      const more = Number(uses - active.uses)
      const probes = Math.min(more, active.pending)
      active.pending -= probes
      active.probes += BigInt(probes)
      active.uses = uses
      const fields = { grant: grant.number, uses: Number(uses), more, lastUse }
      this.#note('use', probes > 0 ? { ...fields, probes } : fields)
    }
    const { number } = grant
    if (this.#options.now() >= grant.until)
      this.#finish(grant, 'expire', { grant: number, uses: Number(active.uses) })
    else if (altered) this.#finish(grant, 'altered', { grant: number, uses: Number(active.uses) })
  }

  #finish(grant: Grant, kind: 'expire' | 'altered', fields: LogFields): void {
    this.#withdraw(grant)
    this.#active.delete(grant.number)
    this.#note(kind, fields)
  }

  /** Entries of no grant in force: somebody wrote into the map without a word. */
  #removeForeign(host: string): void {
    for (const { path, number, uses, until } of this.#mapped.all(host)) {
      const { grant } = this.#active.get(number) ?? {}
      if (grant?.to === host && grant.until === until) continue
      this.#closePath(host, path)
      this.#note('foreign', {
        to: host,
        number,
        source: formatIp(path.source),
        destination: formatIp(path.destination),
        port: path.port,
        uses: Number(uses),
      })
    }
  }

  #resume(unfinished: UnfinishedGrant): void {
    const { number, from, to, port, until, uses, probes } = unfinished
    const network = this.#options.network()
    const [source, host] = [nodeById(network, from), nodeById(network, to)]
    const paths = source && host ? pathsBetween(source, host, port) : []
    const known = paths.some((path) => {
      const entry = this.#mapped.read(to, path)
      return entry?.number === number && entry.until === until
    })
    if (known)
      this.#active.set(number, {
        grant: { ...unfinished, paths },
        uses,
        probes,
        underWay: 0,
        pending: 0,
        lastUse: 0n,
      })
    else
      this.#note('lost', {
        grant: number,
        uses: Number(uses),
        why: 'The process and the data plane of the grant are gone. Uses after the last that is in this log are not known.',
      })
  }

  #statusOf({ grant, uses, probes, lastUse }: Active): GrantStatus {
    const { paths: _, until, seconds: __, ...told } = grant
    const left = until - this.#options.now()
    return {
      ...told,
      secondsLeft: left > 0n ? Number(left / 1_000_000n) / 1000 : 0,
      uses: Number(uses - probes),
      probes: Number(probes),
      lastUse: uses === probes || lastUse === 0n ? null : this.#timeAt(lastUse),
    }
  }

  #timeAt(then: bigint): string {
    return new Date(Date.now() - Number((this.#options.now() - then) / 1_000_000n)).toISOString()
  }

  /** Records what has happened already: at once, or as soon as the log can be written again, in their order. */
  #note(kind: string, fields: LogFields): void {
    this.#untold.push({ kind, fields })
    this.#tryFlush()
  }

  /** Whatever became of the log, the data plane is looked after. */
  #tryFlush(): void {
    try {
      this.#inspectLog()
      this.#flush()
    } catch (error) {
      if (!(error instanceof AccessError)) throw error
    }
  }

  #flush(): void {
    for (let next = this.#untold[0]; next; next = this.#untold[0]) {
      this.#tell(next.kind, next.fields)
      this.#untold.shift()
    }
  }

  #renewLog(): void {
    try {
      this.#options.log.renew()
    } catch {
      // The next network of that name finds the head, and says what it finds.
    }
  }

  /** Throws `AccessError` if the log is not as it was left. */
  #inspectLog(): void {
    this.#withLog((log) => log.inspect())
  }

  /** Throws `AccessError` if the log cannot be written. */
  #tell(kind: string, fields: LogFields): void {
    this.#withLog((log) => log.append(kind, fields))
  }

  #withLog(work: (log: AuditLog) => void): void {
    const { log } = this.#options
    try {
      work(log)
    } catch (error) {
      if (error instanceof LogTamperedError)
        throw new AccessError('GL7014', `write the audit log ${log.path}: ${error.message}`)
      const reason = error instanceof Error ? error.message : String(error)
      throw new AccessError(
        'GL7013',
        `write ${log.path}: ${reason}; nothing is granted that is not written down: mend that first`,
      )
    }
  }
}

const second = 1_000_000_000n

const isSamePath = (one: GrantedPath, other: GrantedPath): boolean =>
  one.protocol === other.protocol &&
  one.port === other.port &&
  ipEquals(one.source, other.source) &&
  ipEquals(one.destination, other.destination)

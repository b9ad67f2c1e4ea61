/** Where in the caller's source an instruction was asked for. Capturing is cheap; the text is made when someone reads it. */
import type { InstructionNote } from '../spec.ts'

/** From the emitting call to the caller's frame; each costs about half a microsecond. */
const FRAMES = 5
const OWN_FOLDER = new URL('.', import.meta.url).href
const OWN_PATH = decodeURIComponent(new URL('.', import.meta.url).pathname)

/** Captures the stack now; `site` is the first caller outside the builder, as `path/to/file.ts:line`. */
export class SiteNote implements InstructionNote {
  declare readonly text?: string
  private readonly trace: { stack?: string }
  private resolved: string | undefined

  /** `above`: the function whose own frame and those it called are left out. */
  constructor(text: string | undefined, above: (...args: never[]) => unknown) {
    this.trace = {}
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = FRAMES
    Error.captureStackTrace(this.trace, above)
    Error.stackTraceLimit = limit
    if (text !== undefined) this.text = text
  }

  get site(): string {
    if (this.resolved === undefined) {
      this.resolved = callerOf(this.trace.stack ?? '')
      delete this.trace.stack
    }
    return this.resolved
  }
}

function callerOf(stack: string): string {
  for (const line of stack.split('\n').slice(1)) {
    const place = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+):\d+\)?$/.exec(line.trim())
    if (place === null) continue
    const [, file, row] = place as unknown as [string, string, string]
    if (file.startsWith(OWN_FOLDER) || file.startsWith(OWN_PATH)) continue
    return `${relative(file)}:${row}`
  }
  return 'unknown'
}

/** Relative to the working directory where it lies inside; absolute paths say more about the machine than the program. */
function relative(file: string): string {
  const path = file.startsWith('file://') ? decodeURIComponent(new URL(file).pathname) : file
  const here = `${process.cwd()}/`
  return path.startsWith(here) ? path.slice(here.length) : path
}

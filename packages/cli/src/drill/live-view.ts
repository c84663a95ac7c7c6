import type { ContestantId } from './contestants/contestant.ts'
import { ENTRIES } from './contestants/entries.ts'
import type { Audience } from './log.ts'
import { PHASES, type PhaseId } from './phases.ts'
import { printClock } from './report/format.ts'
import type { Happening, RequestMade } from './report/record.ts'
import type { Terminal } from '../terminal.ts'
import { type Lane, frame } from './live-frame.ts'

/** Milliseconds between two pictures on a terminal. */
const FRAME = 250

/** Shows the drill while it is held: a moving picture on a terminal, lines elsewhere, nothing where data is JSON. */
export class LiveView implements Audience {
  private readonly terminal: Terminal
  private readonly moves: boolean
  private readonly lanes = new Map<ContestantId, Lane>()
  private startedAt = 0
  private phaseId: PhaseId | undefined
  private happened = ''
  private timer: NodeJS.Timeout | undefined
  private shown = 0

  constructor(terminal: Terminal) {
    this.terminal = terminal
    this.moves = terminal.moves
  }

  preparing(what: string): void {
    if (this.moves) this.terminal.progress(`starting ${what} …`)
    else this.line(`starting ${what}`)
  }

  readonly phase = (phase: PhaseId): void => {
    if (this.phaseId === undefined) this.startedAt = Date.now()
    this.phaseId = phase
    const { title = '', about = '' } = PHASES.find(({ id }) => id === phase) ?? {}
    this.line(`${title}: ${about}`)
    if (this.moves) this.timer ??= setInterval(() => this.draw(), FRAME)
  }

  readonly happening = ({ at, what }: Happening): void => {
    this.happened = `${printClock(at)}  ${what}`
    this.line(this.happened)
  }

  readonly request = ({ contestant, at, problem }: RequestMade): void => {
    const lane = this.lanes.get(contestant) ?? { requests: 0, failures: 0, seconds: new Map() }
    this.lanes.set(contestant, lane)
    lane.requests += 1
    if (problem !== undefined) lane.failures += 1
    const second = Math.floor(at / 1000)
    lane.seconds.set(second, (lane.seconds.get(second) ?? false) || problem !== undefined)
  }

  /** Takes the picture away. */
  end(): void {
    clearInterval(this.timer)
    this.timer = undefined
    this.erase()
    this.terminal.clearProgress()
  }

  private line(text: string): void {
    if (!this.moves && !this.terminal.json) this.terminal.note(text)
  }

  private draw(): void {
    const lines = frame({
      phase: this.phaseId,
      happened: this.happened,
      lanes: ENTRIES.flatMap(({ id, title }) => {
        const lane = this.lanes.get(id)
        return lane === undefined ? [] : [{ title, ...lane }]
      }),
      second: Math.floor((Date.now() - this.startedAt) / 1000),
      width: this.terminal.width,
      styled: (style, text) => this.terminal.styledNote(style, text),
    })
    this.erase()
    this.terminal.streams.stderr.write(`${lines.join('\n')}\n`)
    this.shown = lines.length
  }

  private erase(): void {
    if (this.shown > 0) this.terminal.streams.stderr.write(`\x1b[${this.shown}A\x1b[J`)
    this.shown = 0
  }
}

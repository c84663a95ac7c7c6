import type { PhaseId } from './phases.ts'
import type { EnactorReport } from './provider/enactor-settings.ts'
import { RaceStory } from './provider/race-story.ts'
import type { Happening, PhaseSpan, RequestMade } from './report/record.ts'

/** What looks on while the drill is held. */
export interface Audience {
  readonly phase: (phase: PhaseId) => void
  readonly happening: (happening: Happening) => void
  readonly request: (request: RequestMade) => void
}

/** The drill's clock, and what is written down by it. */
export class Log {
  private beganAt: number = Date.now()
  private isRunning = false
  readonly phases: PhaseSpan[] = []
  readonly requests: RequestMade[] = []
  readonly happenings: Happening[] = []
  private readonly audience: Audience
  private readonly story = new RaceStory()
  private open: { readonly phase: PhaseId; readonly from: number } | undefined

  constructor(audience: Audience) {
    this.audience = audience
  }

  /** The clock runs from now on; of what was before, nothing is written down. */
  start(): void {
    this.beganAt = Date.now()
    this.isRunning = true
  }

  /** Milliseconds since 1970. */
  get startedAt(): number {
    return this.beganAt
  }

  /** Milliseconds from the beginning. */
  now(): number {
    return Date.now() - this.beganAt
  }

  /** Milliseconds from the beginning of the phase. */
  sincePhase(): number {
    return this.now() - (this.open?.from ?? 0)
  }

  begin(phase: PhaseId): void {
    this.end()
    this.open = { phase, from: this.now() }
    this.audience.phase(phase)
  }

  end(): void {
    if (this.open !== undefined) this.phases.push({ ...this.open, to: this.now() })
    this.open = undefined
  }

  happened(what: string): void {
    const happening = { at: this.now(), what }
    this.happenings.push(happening)
    this.audience.happening(happening)
  }

  /** Of what writers do only the outage is written down. */
  enacted(report: EnactorReport): void {
    const sentence = this.story.tell(report)
    if (sentence !== undefined && this.isRunning) this.happened(sentence)
  }

  /** @param made with milliseconds since 1970. */
  request(made: RequestMade): void {
    const request = { ...made, at: made.at - this.beganAt }
    if (!this.isRunning || request.at < 0) return
    this.requests.push(request)
    this.audience.request(request)
  }
}

/** Milliseconds that an endpoint has for a request, the wait for its turn included; it may have to ask a slow network. */
export const ENDPOINT_TIMEOUT = 10_000

/** Milliseconds that one has which let a request pass without an answer a moment ago. */
export const SILENT_ENDPOINT_TIMEOUT = 1_000

/** Milliseconds until a silent one has as much time as any other again. */
export const SILENCE_MEMORY = 60_000

/**
 * How long an endpoint is waited for, as with silent peers of the DHT: one request waits the whole time, the next ones
 * a moment, and where nothing comes then either, nobody asks it until the minute is over. No I/O, no clock: times are
 * milliseconds that only go forward.
 */
export class Patience {
  private silentSince = -Infinity
  private silentAgain = false

  /** The time that a request has, 0 for none. */
  timeFor(now: number): number {
    if (now - this.silentSince >= SILENCE_MEMORY) return ENDPOINT_TIMEOUT
    return this.silentAgain ? 0 : SILENT_ENDPOINT_TIMEOUT
  }

  answered(): void {
    this.silentSince = -Infinity
    this.silentAgain = false
  }

  /** Takes that nothing came in the time that {@link timeFor} gave. Silence is no longer for being noticed again. */
  silent(time: number, now: number): void {
    if (this.timeFor(now) !== time) return
    if (time === SILENT_ENDPOINT_TIMEOUT) this.silentAgain = true
    else {
      this.silentSince = now
      this.silentAgain = false
    }
  }
}

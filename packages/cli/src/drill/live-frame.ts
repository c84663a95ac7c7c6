import { PHASES, type PhaseId } from './phases.ts'
import { printClock } from './report/format.ts'
import type { Style } from '../terminal.ts'

/** What became of the requests of one contestant so far. */
export interface Lane {
  requests: number
  failures: number
  /** By the second in which requests began: whether any of them failed. */
  readonly seconds: Map<number, boolean>
}

export interface Picture {
  readonly phase: PhaseId | undefined
  /** The last thing that happened. */
  readonly happened: string
  readonly lanes: readonly (Lane & { readonly title: string })[]
  /** Seconds into the drill. */
  readonly second: number
  /** Columns. */
  readonly width: number
  readonly styled: (style: Style, text: string) => string
}

/** Columns of the strip at least, and of what stands behind it. */
const NARROWEST = 10
const COUNT = 22

/** The moving picture as lines, none of them wider than the terminal. */
export function frame({ phase, happened, lanes, second, width, styled }: Picture): string[] {
  const { title = '', about = '' } = PHASES.find(({ id }) => id === phase) ?? {}
  const label = Math.max(0, ...lanes.map(lane => lane.title.length))
  const strip = Math.max(NARROWEST, width - label - COUNT - 5)
  const first = Math.max(0, second + 1 - strip)
  const heading = `${printClock(second * 1000)}  ${title}`
  return [
    `${styled('bold', heading)}  ${about}`.slice(0, width + styled('bold', '').length),
    styled('dim', happened.slice(0, width - 1)),
    '',
    ...lanes.map(lane => {
      const cells = Array.from({ length: second + 1 - first }, (_, at) => {
        const failed = lane.seconds.get(first + at)
        if (failed === undefined) return ' '
        return failed ? styled('red', '×') : styled('green', '█')
      })
      const blank = ' '.repeat(strip - cells.length)
      const count = lane.failures === 0 ? 'none lost' : `${lane.failures} of ${lane.requests} lost`
      return `${lane.title.padEnd(label)}  ${cells.join('')}${blank}  ${styled(lane.failures === 0 ? 'green' : 'red', count)}`
    }),
  ]
}

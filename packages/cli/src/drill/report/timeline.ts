import type { ContestantId } from '../contestants/contestant.ts'
import { PHASES } from '../phases.ts'
import { type Cell, cellsOf, runsOf } from './cells.ts'
import { escapeMarkup } from './escape.ts'
import { printClock } from './format.ts'
import type { DrillRecord, Participant } from './record.ts'
import { tallies } from './tally.ts'

const WIDTH = 1120
/** Of labels on the left and counts on the right. */
const LEFT = 276
const RIGHT = 110
const TOP = 64
const LANE = { height: 30, gap: 16 }
const AXIS = 34

const CLASS_OF: Readonly<Record<Cell, string>> = {
  well: 'well',
  some: 'some',
  lost: 'lost',
  killed: 'killed',
  none: 'none',
}

/** Colours of light and dark pages; whoever has the picture alone sees the one that the system has. */
export const TIMELINE_STYLE: string = `
.timeline { --ink: #1d1f24; --soft: #6a6f7a; --line: #d9dbe0; --band: #f1f2f5; --well: #2a9d6f; --some: #e2a03f; --lost: #d2382f; --killed: #9aa3b2; --none: #e6e8ec; --paper: #ffffff; font: 14px system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; }
@media (prefers-color-scheme: dark) { .timeline { --ink: #eceef2; --soft: #9aa1ad; --line: #343941; --band: #1d2127; --well: #36b583; --some: #e9b050; --lost: #ef5a4e; --killed: #6b7482; --none: #262b32; --paper: #15181d; } }
.timeline .label { fill: var(--ink); font-weight: 600; }
.timeline .note, .timeline .tick { fill: var(--soft); font-size: 12px; }
.timeline .count { fill: var(--ink); font-weight: 600; text-anchor: end; font-variant-numeric: tabular-nums; }
.timeline .band { fill: var(--band); } .timeline .edge { stroke: var(--line); }
.timeline .well { fill: var(--well); } .timeline .some { fill: var(--some); } .timeline .lost { fill: var(--lost); } .timeline .killed { fill: var(--killed); } .timeline .none { fill: var(--none); }
.timeline .bad { fill: var(--lost); } .timeline .good { fill: var(--well); }
.timeline .aside { text-anchor: end; }
`

/** The drill as a picture (SVG): a lane for each contestant, a column for each second. */
export function drawTimeline(record: DrillRecord): string {
  const { participants, phases, length } = record
  const height = TOP + participants.length * (LANE.height + LANE.gap) + AXIS
  const across = (milliseconds: number): number => LEFT + (milliseconds / length) * (WIDTH - LEFT - RIGHT)
  const bottom = height - AXIS
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeMarkup(summary(record))}">`,
    `<style>${TIMELINE_STYLE}</style>`,
    `<rect width="${WIDTH}" height="${height}" rx="10" style="fill: var(--paper)"/>`,
    ...phases.flatMap(({ phase, from, to }, at) => {
      const [x, width] = [across(from), across(to) - across(from)]
      const number = PHASES.findIndex(({ id }) => id === phase) + 1
      const label = `${number} ${PHASES[number - 1]?.title ?? ''}`
      const fits = label.length * LETTER + 12 < width
      return [
        ...(at % 2 === 0 ? [rect('band', x, TOP - 40, width, bottom - TOP + 40)] : []),
        line(x, TOP - 40, bottom),
        text('note', x + 8, TOP - 21, fits ? label : String(number)),
      ]
    }),
    line(across(length), TOP - 40, bottom),
    ...participants.flatMap((participant, at) => {
      const { id, title, detail } = participant
      const y = TOP + at * (LANE.height + LANE.gap)
      return [
        text('label', 16, y + 14, title),
        text('note', 16, y + 30, detail),
        ...lane(record, participant, y, across),
        ...counts(record, id, y),
      ]
    }),
    ...ticks(length).map(at => text('tick', across(at), bottom + 20, printClock(at), 'middle')),
    '</svg>\n',
  ].join('\n')
}

/** Pixels of a letter of a phase's title, amply. */
const LETTER = 6.6
/** Milliseconds between two ticks, of which the least that leaves room is taken. */
const TICKS = [5000, 10_000, 20_000, 30_000, 60_000] as const
const MOST_TICKS = 12

function ticks(length: number): number[] {
  const step = TICKS.find(step => length / step <= MOST_TICKS) ?? TICKS[TICKS.length - 1] ?? length
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, at) => at * step)
}

function lane(
  { requests, length }: DrillRecord,
  participant: Participant,
  y: number,
  across: (milliseconds: number) => number,
): string[] {
  return runsOf(cellsOf(requests, participant, length)).map(({ cell, from, length: seconds }) => {
    const x = across(from * 1000)
    const width = across(Math.min(length, (from + seconds) * 1000)) - x
    return rect(CLASS_OF[cell], x + 0.5, y, width - 1, LANE.height, 3)
  })
}

function counts(record: DrillRecord, id: ContestantId, y: number): string[] {
  const tally = tallies(record).find(({ contestant }) => contestant === id)
  const { failures = 0, whileKilled = 0 } = tally ?? {}
  const lost = failures - whileKilled
  return [
    text(
      `count ${lost === 0 ? 'good' : 'bad'}`,
      WIDTH - 16,
      y + 14,
      lost === 0 ? 'none lost' : `${lost} lost`,
    ),
    ...(whileKilled === 0 ? [] : [text('note aside', WIDTH - 16, y + 30, `${whileKilled} while killed`)]),
  ]
}

function summary(record: DrillRecord): string {
  return tallies(record)
    .map(({ contestant, requests, failures }) => {
      const { title = '' } = record.participants.find(({ id }) => id === contestant) ?? {}
      return `${title}: ${failures} of ${requests} requests lost`
    })
    .join('; ')
}

function rect(style: string, x: number, y: number, width: number, height: number, radius = 0): string {
  const corner = radius === 0 ? '' : ` rx="${radius}"`
  return `<rect class="${style}" x="${round(x)}" y="${y}" width="${round(Math.max(0, width))}" height="${height}"${corner}/>`
}

function line(x: number, top: number, bottom: number): string {
  return `<path class="edge" d="M${round(x)} ${top}V${bottom}"/>`
}

function text(style: string, x: number, y: number, what: string, anchor?: 'middle'): string {
  const at = anchor === undefined ? '' : ` text-anchor="${anchor}"`
  return `<text class="${style}" x="${round(x)}" y="${y}"${at}>${escapeMarkup(what)}</text>`
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}

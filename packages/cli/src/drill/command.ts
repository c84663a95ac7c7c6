import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InterruptedError } from '../errors.ts'
import type { Run } from '../run.ts'
import { holdDrill } from './drill.ts'
import { DrillError, DrillFailedError } from './errors.ts'
import { LiveView } from './live-view.ts'
import { Log } from './log.ts'
import { isInOwnSpace, ownSpace, runInside, whenOutsideEnds } from './machine/space.ts'
import { FULL, SHORT } from './phases.ts'
import { printHtml } from './report/html.ts'
import type { DrillRecord } from './report/record.ts'
import { drawTimeline } from './report/timeline.ts'
import { printTable } from './report/table.ts'
import { tallies } from './report/tally.ts'
import { type Verdict, judge } from './report/verdict.ts'

export interface DrillFlags {
  readonly out?: string
  readonly short?: boolean
  /** False where the drill shall run in the network of this machine. */
  readonly isolate: boolean
}

/** Holds the drill and writes its report. @throws DrillFailedError where a request was lost that should not have been. */
export async function drill(run: Run<DrillFlags>): Promise<void> {
  if (process.platform === 'win32')
    throw new DrillError('the drill freezes and kills processes by signals, which Windows does not have')
  const inside = isInOwnSpace(run.env)
  const space = inside || !run.flags.isolate ? undefined : ownSpace()
  if (space !== undefined) {
    // The one inside has said everything, and what it ended with is what this one ends with.
    process.exit(await runInside(space, run.stop))
  }
  const { terminal, flags } = run
  const stop = inside ? AbortSignal.any([run.stop, whenOutsideEnds()]) : run.stop
  const view = new LiveView(terminal)
  const log = new Log(view)
  const timing = flags.short === true ? SHORT : FULL
  let record: DrillRecord
  try {
    record = await holdDrill({ log, timing, ownSpace: inside, stop, preparing: what => view.preparing(what) })
  } catch (cause) {
    // What fails because everything was stopped is no failure of its own.
    throw stop.aborted ? new InterruptedError({ cause }) : cause
  } finally {
    view.end()
  }
  const verdict = judge(record)
  const directory = resolve(flags.out ?? `signpost-drill-${stamp(record.startedAt)}`)
  const files = await writeReport(directory, record, verdict)
  if (terminal.json) terminal.jsonData({ ...summary(record, verdict), files })
  else {
    const absent = record.absent.map(({ title, reason }) => `${title} did not take part: ${reason}`)
    for (const line of [
      '',
      ...printTable(record),
      ...absent,
      '',
      `report  ${files.html}`,
      `        ${files.svg}`,
    ])
      terminal.data(line)
  }
  if (verdict.kind !== 'held') throw new DrillFailedError(problemOf(record, verdict))
}

async function writeReport(
  directory: string,
  record: DrillRecord,
  verdict: Verdict,
): Promise<{ html: string; svg: string; json: string }> {
  const files = {
    html: join(directory, 'report.html'),
    svg: join(directory, 'timeline.svg'),
    json: join(directory, 'drill.json'),
  }
  await mkdir(directory, { recursive: true })
  await writeFile(files.svg, drawTimeline(record))
  await writeFile(files.html, printHtml(record, verdict))
  await writeFile(files.json, `${JSON.stringify({ verdict, ...record }, undefined, 1)}\n`)
  return files
}

function summary(record: DrillRecord, verdict: Verdict): object {
  return { verdict: verdict.kind, contestants: tallies(record), absent: record.absent }
}

function problemOf({ participants }: DrillRecord, verdict: Exclude<Verdict, { kind: 'held' }>): string {
  if (verdict.kind === 'void') return `the drill shows nothing: ${verdict.problems.join('; ')}`
  const counts = participants.flatMap(({ id, title }) => {
    const count = verdict.lost.filter(({ contestant }) => contestant === id).length
    return count === 0 ? [] : [`${title} lost ${count} requests`]
  })
  return `${counts.join(', ')}; the report says which`
}

function stamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replaceAll(':', '')
}

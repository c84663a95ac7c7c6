import type { Change, Command, Plan, WaitChange } from '../change.ts'
import { ChangedSinceError } from '../errors.ts'
import type { Disk } from './disk.ts'
import type { Journal, JournalFile, PlaceStep, Step } from './journal.ts'
import { type State, sameState, stateAfter } from './state.ts'

/** How a machine is changed. */
export interface Effects {
  readonly disk: Disk
  readonly journal: JournalFile
  /** @throws where the command fails. */
  readonly run: (command: Command) => Promise<void>
  /** @throws where the gateway does not answer. */
  readonly wait: (change: WaitChange) => Promise<void>
  /** Hears of each change before it is made or undone. */
  readonly onStep?: (sentence: string, undoing: boolean) => void
}

/**
 * Makes every change in order. Whatever it throws, what it did stands in the journal, from which {@link undo} undoes it.
 * There must be no journal.
 */
export async function carryOut({ changes, scope }: Plan, effects: Effects): Promise<void> {
  const steps: Step[] = []
  for (const change of changes) {
    effects.onStep?.(change.sentence, false)
    if (change.kind === 'wait') {
      await effects.wait(change)
      continue
    }
    steps.push(await prepared(change, effects.disk))
    await effects.journal.write({ state: 'installing', scope, changes, steps })
    await perform(change, steps.at(-1) as Step, effects)
  }
  await effects.journal.write({ state: 'installed', scope, changes, steps })
}

type Performed = Exclude<Change, { kind: 'wait' }>

async function prepared(change: Performed, disk: Disk): Promise<Step> {
  if (change.kind === 'command')
    return { kind: 'command', sentence: change.sentence, ...(change.undo && { undo: change.undo }) }
  const { path } = change
  const ifChanged = change.kind === 'file' ? change.ifChanged : undefined
  return {
    kind: 'place',
    path,
    before: await disk.look(path),
    after: stateAfter(change, disk.owner),
    directories: await disk.missingDirectories(path),
    ...(ifChanged && { ifChanged }),
  }
}

async function perform(change: Performed, step: Step, { disk, run }: Effects): Promise<void> {
  if (change.kind === 'command') {
    if (change.run !== undefined) await run(change.run)
    return
  }
  const { path, after, directories } = step as PlaceStep
  for (const directory of directories) await disk.makeDirectory(directory)
  await disk.place(path, after)
}

export interface UndoOptions {
  /** Leave files that somebody has changed since as they are; otherwise they are a reason to change nothing. */
  readonly keepChanged: boolean
}

/** What was not restored. */
export interface Undone {
  /** Files that were left as somebody has changed them. */
  readonly left: readonly string[]
  /** Commands that failed, each with the reason. */
  readonly failed: readonly { readonly command: Command; readonly reason: string }[]
}

/**
 * Undoes what stands in a journal, last things first. It can be broken off at any point and begun again.
 * @throws ChangedSinceError
 */
export async function undo(journal: Journal, effects: Effects, options: UndoOptions): Promise<Undone> {
  const { changes, scope } = journal
  const changed = options.keepChanged ? [] : await changedSince(journal, effects.disk)
  if (changed.length > 0) throw new ChangedSinceError(changed)
  const left: string[] = []
  const failed: { command: Command; reason: string }[] = []
  // The last change may have been broken off before its command ran.
  let uncertain = journal.state !== 'installed'
  for (let steps = journal.steps; steps.length > 0; steps = steps.slice(0, -1)) {
    await effects.journal.write({ state: 'uninstalling', scope, changes, steps })
    const step = steps.at(-1) as Step
    if (step.kind === 'place') {
      if (!(await restored(step, effects.disk))) left.push(step.path)
    } else if (step.undo !== undefined) {
      effects.onStep?.(step.sentence, true)
      const reason = await effects.run(step.undo).then(() => undefined, reasonOf)
      if (reason !== undefined && !uncertain) failed.push({ command: step.undo, reason })
    }
    uncertain = false
  }
  await effects.journal.remove()
  return { left, failed }
}

/** The files that are neither as they were before nor as they were installed, and whose owner has to be asked. */
async function changedSince({ steps }: Journal, disk: Disk): Promise<string[]> {
  const changed: string[] = []
  for (const step of steps)
    if (step.kind === 'place' && step.ifChanged === undefined && isForeign(await disk.look(step.path), step))
      changed.push(step.path)
  return changed
}

// Where somebody took the file away there is nothing to overwrite.
function isForeign(found: State, { before, after }: PlaceStep): boolean {
  return found.kind !== 'absent' && !sameState(found, before) && !sameState(found, after)
}

/** False where it was left as somebody has changed it. */
async function restored(step: PlaceStep, disk: Disk): Promise<boolean> {
  await disk.tidy(step.path)
  const found = await disk.look(step.path)
  const foreign = isForeign(found, step)
  if (foreign && step.ifChanged !== 'undo') return false
  if (!sameState(found, step.before)) await disk.place(step.path, step.before)
  for (const directory of step.directories.toReversed()) await disk.removeDirectory(directory)
  return true
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

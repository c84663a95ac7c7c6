import type { Change, Command, Plan, WaitChange } from '../change.ts'
import { ChangedSinceError } from '../errors.ts'
import { whatBecameOf } from './became.ts'
import type { Disk } from './disk.ts'
import type { Journal, JournalContent, JournalFile, PlaceStep, Step } from './journal.ts'
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
 * @param kept what files that are meant to change had become before, by path; they have it again.
 */
export async function carryOut(
  { changes, scope, config, mac }: Plan,
  effects: Effects,
  kept: ReadonlyMap<string, State> = new Map(),
): Promise<void> {
  const steps: Step[] = []
  const planned = { scope, config, ...(mac && { mac }), changes }
  for (const change of changes) {
    effects.onStep?.(change.sentence, false)
    if (change.kind === 'wait') {
      await effects.wait(change)
      continue
    }
    const step = await prepared(change, effects.disk)
    steps.push(step)
    await effects.journal.write({ ...planned, state: 'installing', steps })
    await perform(change, step, effects, kept)
  }
  await effects.journal.write({ ...planned, state: 'installed', steps })
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

async function perform(
  change: Performed,
  step: Step,
  { disk, run }: Effects,
  kept: ReadonlyMap<string, State>,
): Promise<void> {
  if (change.kind === 'command') {
    if (change.run !== undefined) await run(change.run)
    return
  }
  const { path, after, directories } = step as PlaceStep
  for (const directory of directories) await disk.makeDirectory(directory)
  await disk.place(path, kept.get(path) ?? after)
}

/**
 * What is done with files that somebody has changed since: they are a reason to change nothing; they are left as they
 * are; only those are left that are somebody else's by now, and what was there before comes back for those that are ours.
 */
export type Changed = 'refuse' | 'leave' | 'leave theirs'

/** What was not restored, and what was though somebody had changed it. */
export interface Undone {
  /** Files that were left as somebody has changed them. */
  readonly left: readonly string[]
  /** Files of ours that somebody had changed, and that are gone with the changes. */
  readonly edited: readonly string[]
  /** Commands that failed, each with the reason. */
  readonly failed: readonly { readonly command: Command; readonly reason: string }[]
}

/**
 * Undoes what stands in a journal, last things first. It can be broken off at any point and begun again. A disk without
 * room is no hindrance: the journal then stays as it is, and files wait until others are gone.
 * @throws ChangedSinceError
 */
export async function undo(journal: Journal, effects: Effects, changed: Changed): Promise<Undone> {
  await refuseChanged(journal, effects.disk, changed)
  const { disk } = effects
  const left: string[] = []
  const edited: string[] = []
  const failed: { command: Command; reason: string }[] = []
  const waiting: PlaceStep[] = []
  const restore = async (step: PlaceStep): Promise<void> => {
    const fate = await fateOf(step, disk, changed)
    if (fate === 'left') left.push(step.path)
    else {
      await restored(step, disk)
      if (fate === 'restored with its changes') edited.push(step.path)
    }
  }
  // The last change may have been broken off before its command ran.
  let uncertain = journal.state !== 'installed'
  for (let { steps } = journal; steps.length > 0; steps = steps.slice(0, -1)) {
    if (waiting.length === 0) await noted({ ...journal, state: 'uninstalling', steps }, effects.journal)
    const step = steps.at(-1) as Step
    if (step.kind === 'place') {
      await restore(step).catch((error: unknown) => {
        if (!hasNoRoom(error)) throw error
        waiting.push(step)
      })
    } else if (step.undo !== undefined) {
      effects.onStep?.(step.sentence, true)
      const reason = await effects.run(step.undo).then(() => undefined, reasonOf)
      if (reason !== undefined && !uncertain) failed.push({ command: step.undo, reason })
    }
    uncertain = false
  }
  for (const step of waiting) await restore(step)
  await effects.journal.remove()
  return { left, edited, failed }
}

/** @throws ChangedSinceError where files that somebody has changed since are a reason to change nothing. */
export async function refuseChanged({ steps }: Journal, disk: Disk, changed: Changed): Promise<void> {
  const paths: string[] = []
  for (const step of steps)
    if (step.kind === 'place' && (await fateOf(step, disk, changed)) === 'refused') paths.push(step.path)
  if (paths.length > 0) throw new ChangedSinceError(paths)
}

/** What undoing comes to for one place. */
export type Fate = 'restored' | 'restored with its changes' | 'left' | 'refused'

export async function fateOf(step: PlaceStep, disk: Disk, changed: Changed): Promise<Fate> {
  const became = await whatBecameOf(step, await disk.look(step.path), disk)
  // Where somebody took the file away there is nothing to overwrite.
  if ((became !== 'edited' && became !== 'theirs') || step.ifChanged === 'undo') return 'restored'
  if (step.ifChanged === 'leave') return 'left'
  if (changed === 'refuse') return 'refused'
  return changed === 'leave' || became === 'theirs' ? 'left' : 'restored with its changes'
}

async function restored({ path, before, directories }: PlaceStep, disk: Disk): Promise<void> {
  await disk.tidy(path)
  if (!sameState(await disk.look(path), before)) await disk.place(path, before)
  for (const directory of directories.toReversed()) await disk.removeDirectory(directory)
}

// Each step can be undone twice, so a journal that says too much does no harm.
async function noted(content: JournalContent, journal: JournalFile): Promise<void> {
  await journal.write(content).catch((error: unknown) => {
    if (!hasNoRoom(error)) throw error
  })
}

function hasNoRoom(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

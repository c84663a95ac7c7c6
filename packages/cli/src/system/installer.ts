import { InterruptedError } from '../errors.ts'
import type { Plan } from './change.ts'
import { shell } from './describe.ts'
import type { Disk } from './effects/disk.ts'
import { type Changed, type Effects, type Undone, carryOut, undo } from './effects/install.ts'
import { type Journal, withoutInstallation } from './effects/journal.ts'
import { type State, sameState, stateAfter } from './effects/state.ts'
import { CannotInstallError, StepFailedError } from './errors.ts'
import type { Facts } from './facts.ts'

/** One machine, and how it is looked at. */
export interface Site extends Effects {
  /**
   * @param disk the machine's files, as they are or as they would be had nothing been installed.
   * @param journal of what is installed.
   */
  readonly facts: (disk: Disk, journal: Journal | undefined) => Promise<Facts>
}

export interface Prepared {
  readonly plan: Plan
  /** Of an earlier installation, or of one that was broken off. */
  readonly journal: Journal | undefined
  /** Whether the earlier installation is this one, whole and unchanged. */
  readonly isInstalled: boolean
}

/** Looks at a machine and plans. Changes nothing. @throws CannotInstallError */
export async function prepare(site: Site, planFor: (facts: Facts) => Plan): Promise<Prepared> {
  const journal = await site.journal.read()
  const plan = planFor(await site.facts(withoutInstallation(site.disk, journal), journal))
  if (plan.problems.length > 0) throw new CannotInstallError(plan.problems)
  return { plan, journal, isInstalled: journal !== undefined && (await isWhole(journal, plan, site.disk)) }
}

async function isWhole(journal: Journal, plan: Plan, disk: Disk): Promise<boolean> {
  if (journal.state !== 'installed' || JSON.stringify(journal.changes) !== JSON.stringify(plan.changes))
    return false
  for (const step of journal.steps) {
    if (step.kind !== 'place') continue
    const found = await disk.look(step.path)
    // Some are meant to change.
    if (step.ifChanged === 'undo' ? found.kind === 'absent' : !sameState(found, step.after)) return false
  }
  return true
}

export interface Installed extends Prepared {
  /** What came of undoing an earlier installation; `left` comes back with uninstalling. */
  readonly undone: Undone
}

/**
 * Installs what is planned, in place of what is installed; nothing where that is the same. Where a change fails, all of
 * them are undone.
 * @throws AlreadyAtWorkError, CannotInstallError, StepFailedError
 */
export async function install(site: Site, planFor: (facts: Facts) => Plan): Promise<Installed> {
  await using _ = await site.journal.lock()
  const ready = await prepare(site, planFor)
  if (ready.isInstalled) return { ...ready, undone: NOTHING }
  const { plan, journal } = ready
  const kept = await contentsToKeep(plan, journal, site.disk)
  const undone = journal === undefined ? NOTHING : await undo(journal, site, REPLACING)
  // Others are no longer anything of ours.
  const left = undone.left.filter(path =>
    plan.changes.some(change => 'path' in change && change.path === path),
  )
  let doing = ''
  const onStep: Effects['onStep'] = (sentence, undoing) => {
    if (!undoing) doing = sentence
    site.onStep?.(sentence, undoing)
  }
  try {
    await carryOut(plan, { ...site, onStep }, kept)
  } catch (error) {
    const begun = await site.journal.read()
    const { failed } = begun === undefined ? NOTHING : await undo(begun, site, REPLACING)
    if (!(error instanceof Error) || error instanceof InterruptedError) throw error
    throw new StepFailedError(
      {
        step: doing,
        why: error,
        instead: journal !== undefined,
        failed: [...undone.failed, ...failed].map(({ command, reason }) => [shell(command), reason]),
      },
      { cause: error },
    )
  }
  return { ...ready, undone: { ...undone, left } }
}

/** What somebody else has put in our place is part of the machine by now: it is kept, and comes back with uninstalling. */
const REPLACING: Changed = 'leave theirs'

/** What files that are meant to change have become, where the new plan knows nothing newer of them than the one before. */
async function contentsToKeep(
  { changes }: Plan,
  journal: Journal | undefined,
  disk: Disk,
): Promise<ReadonlyMap<string, State>> {
  const contents = new Map<string, State>()
  for (const step of journal?.steps ?? []) {
    if (step.kind !== 'place' || step.ifChanged !== 'undo') continue
    const planned = changes.find(change => change.kind === 'file' && change.path === step.path)
    const isNews = planned?.kind !== 'file' || !sameState(stateAfter(planned, disk.owner), step.after)
    const found = await disk.look(step.path)
    if (!isNews && found.kind === 'file' && !sameState(found, step.before)) contents.set(step.path, found)
  }
  return contents
}

/**
 * @returns undefined where nothing is installed.
 * @throws AlreadyAtWorkError, ChangedSinceError
 */
export async function uninstall(site: Site, changed: Changed): Promise<Undone | undefined> {
  await using _ = await site.journal.lock()
  const journal = await site.journal.read()
  if (journal !== undefined) return await undo(journal, site, changed)
  // Of an installation that was killed before its first change.
  await site.journal.remove()
  return undefined
}

const NOTHING: Undone = { left: [], edited: [], failed: [] }

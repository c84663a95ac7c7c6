import { InterruptedError } from '../errors.ts'
import { CannotInstallError, StepFailedError } from './errors.ts'
import type { Plan } from './change.ts'
import { type Effects, type Undone, carryOut, undo } from './effects/install.ts'
import { type Journal, withoutInstallation } from './effects/journal.ts'
import type { Disk } from './effects/disk.ts'
import { sameState } from './effects/state.ts'
import type { Facts } from './facts.ts'

/** One machine, and how it is looked at. */
export interface Site extends Effects {
  /** @param disk the machine's files, as they are or as they would be had nothing been installed. */
  readonly facts: (disk: Disk) => Promise<Facts>
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
  const plan = planFor(await site.facts(withoutInstallation(site.disk, journal)))
  if (plan.problems.length > 0) throw new CannotInstallError(plan.problems)
  return { plan, journal, isInstalled: journal !== undefined && (await isWhole(journal, plan, site.disk)) }
}

async function isWhole(journal: Journal, plan: Plan, disk: Disk): Promise<boolean> {
  if (journal.state !== 'installed' || JSON.stringify(journal.changes) !== JSON.stringify(plan.changes))
    return false
  for (const step of journal.steps)
    if (step.kind === 'place' && !sameState(await disk.look(step.path), step.after)) return false
  return true
}

/**
 * Installs what was prepared, in place of what is installed. Where a change fails, all of them are undone.
 * @returns what was not restored of the earlier installation.
 * @throws StepFailedError
 */
export async function install(site: Site, { plan, journal }: Prepared): Promise<Undone> {
  // What somebody has changed is part of the machine by now: it is kept, and comes back with uninstalling.
  const undone = journal === undefined ? NOTHING : await undo(journal, site, { keepChanged: true })
  let doing = ''
  const onStep: Effects['onStep'] = (sentence, undoing) => {
    if (!undoing) doing = sentence
    site.onStep?.(sentence, undoing)
  }
  try {
    await carryOut(plan, { ...site, onStep })
  } catch (error) {
    const begun = await site.journal.read()
    if (begun !== undefined) await undo(begun, site, { keepChanged: true })
    if (!(error instanceof Error) || error instanceof InterruptedError) throw error
    throw new StepFailedError(doing, error, { cause: error })
  }
  return undone
}

/** @returns undefined where nothing is installed. @throws ChangedSinceError */
export async function uninstall(site: Site, options: { keepChanged: boolean }): Promise<Undone | undefined> {
  const journal = await site.journal.read()
  if (journal !== undefined) return undo(journal, site, options)
  // Of an installation that was killed before its first change.
  await site.journal.remove()
  return undefined
}

const NOTHING: Undone = { left: [], failed: [] }

import type { Plan } from '../change.ts'
import type { Facts } from '../facts.ts'
import { type Site, install } from '../installer.ts'
import { configPath } from '../paths.ts'
import { planInstall } from '../plan.ts'
import { type Disk, diskBelow } from './disk.ts'
import { JournalFile } from './journal.ts'
import type { TestRoot } from './root.test-support.ts'

// Effects on files below a directory of the test's own; commands are noted and not run.

export const JOURNAL = '/var/lib/signpost-install/journal.json'

export class Killed extends Error {}

export interface Rig {
  readonly site: Site
  readonly ran: string[]
}

/** @param killAfter the number of effects after which the process is killed: half of an effect may be done by then. */
export function rigFor(root: TestRoot, facts: Facts, killAfter = Infinity): Rig {
  let left = killAfter
  const ran: string[] = []
  const spend = (): void => {
    if (left-- <= 0) throw new Killed()
  }
  const disk = diskBelow(root.path)
  const dying: Disk = {
    ...disk,
    place: async (path, state) => {
      spend()
      await disk.place(path, state)
      spend()
    },
    makeDirectory: async path => {
      spend()
      await disk.makeDirectory(path)
    },
    removeDirectory: async path => {
      spend()
      await disk.removeDirectory(path)
    },
  }
  const site: Site = {
    disk: dying,
    journal: Object.assign(new JournalFile(dying, JOURNAL), {
      // Whoever is killed gives it up.
      lock: () => new JournalFile(disk, JOURNAL).lock(),
    }),
    facts: () => Promise.resolve(facts),
    run: async command => {
      spend()
      ran.push(command.join(' '))
      await Promise.resolve()
      spend()
    },
    wait: () => Promise.resolve(),
  }
  return { site, ran }
}

export function planFor(facts: Facts, scope: 'names' | 'all' = 'all'): Plan {
  return planInstall(facts, { scope, config: configPath(facts.platform, {}) })
}

export async function installOn(site: Site, scope: 'names' | 'all' = 'all'): Promise<void> {
  await install(site, facts => planFor(facts, scope))
}

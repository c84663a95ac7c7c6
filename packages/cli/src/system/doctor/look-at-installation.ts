import { runCommand } from '../effects/commands.ts'
import type { Disk } from '../effects/disk.ts'
import type { Journal, JournalFile } from '../effects/journal.ts'
import { sameState } from '../effects/state.ts'
import { SERVICE } from '../service/systemd.ts'
import { lastWords } from '../wait.ts'
import type { Installation } from './observations.ts'

/** Undefined where nothing is installed. @throws as reading the journal does. */
export async function lookAtInstallation(
  journal: JournalFile,
  disk: Disk,
  platform: NodeJS.Platform,
): Promise<Installation | undefined> {
  const service = await lookAtService(platform)
  try {
    const read = await journal.read()
    return read && { readable: true, ...(await lookAtFiles(read, disk)), service }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    return { readable: false, finished: true, scope: undefined, config: undefined, changed: [], service }
  }
}

async function lookAtFiles(
  { state, steps, scope, config }: Journal,
  disk: Disk,
): Promise<Pick<Installation, 'finished' | 'scope' | 'config' | 'changed'>> {
  const changed: { path: string; gone: boolean }[] = []
  for (const step of steps) {
    // What is meant to change, and what is the user's, is no fault.
    if (step.kind !== 'place' || step.ifChanged !== undefined) continue
    const found = await disk.look(step.path)
    if (!sameState(found, step.after)) changed.push({ path: step.path, gone: found.kind === 'absent' })
  }
  return { finished: state === 'installed', scope, config, changed }
}

async function lookAtService(platform: NodeJS.Platform): Promise<Installation['service']> {
  if (platform !== 'linux') return undefined
  const { ok, problem } = await runCommand(['systemctl', 'is-active', SERVICE])
  if (problem.startsWith('there is no program')) return undefined
  return { active: ok, lastWords: ok ? undefined : await lastWords() }
}

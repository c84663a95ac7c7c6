import { defined } from '../../defined.ts'
import { UsageError } from '../../errors.ts'
import type { Facts, Listener, WindowsFacts } from '../facts.ts'
import { readConfigFacts } from './config.ts'
import { readLinux } from './linux.ts'
import { listenersAt } from './listeners.ts'
import type { Machine } from './machine.ts'
import { readMacos } from './macos.ts'
import type { Env } from '../paths.ts'
import { USUAL_PORTS } from '../place.ts'
import { SERVICE } from '../service/systemd.ts'
import { type Started, firstUnreadable, readProgram } from './program.ts'

export interface Here {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly process: Started
}

/**
 * Looks at a machine.
 * @param configPath absolute.
 * @throws UsageError for an operating system that is not supported; ConfigFileError for a configuration that is wrong.
 */
export async function readFacts(machine: Machine, configPath: string, here: Here): Promise<Facts> {
  const program = await readProgram(here.process)
  const config = await readConfigFacts(machine, configPath)
  const ports = config?.listen?.map(({ port }) => port) ?? USUAL_PORTS
  const isImage = machine.ask === undefined
  const listeners = isImage ? [] : await othersAt(ports, machine)
  const configUnreadable =
    isImage || here.platform === 'win32' ? undefined : await firstUnreadable(configPath)
  const every = { program, config, configUnreadable, listeners }
  const { platform } = here
  if (platform === 'linux') return { platform, ...every, ...(await readLinux(machine)) }
  if (platform === 'darwin') return { platform, ...every, ...(await readMacos(machine)) }
  if (platform === 'win32') return { platform, ...every, env: windowsPlaces(here.env) }
  throw new UsageError(
    `installing works on Linux, macOS and Windows, and this is ${platform}; run signpost up as a service, and ` +
      'give its address to the resolver of this machine',
  )
}

function windowsPlaces({ ProgramFiles, SystemRoot }: Env): WindowsFacts['env'] {
  return defined({ ProgramFiles, SystemRoot })
}

// The service of an earlier installation is stopped before this one is made.
async function othersAt(ports: readonly number[], { ask }: Machine): Promise<readonly Listener[]> {
  const listeners = await listenersAt(ports)
  if (listeners.length === 0) return []
  const shown = await ask?.(['systemctl', 'show', '--property=MainPID', '--value', SERVICE])
  const own = Number(shown?.stdout)
  return listeners.filter(({ pid }) => pid === undefined || pid !== own)
}

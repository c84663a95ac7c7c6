import { defined } from '../../defined.ts'
import { UsageError } from '../../errors.ts'
import { DEFAULT_DNS } from '../../options.ts'
import type { Facts, Listener, WindowsFacts } from '../facts.ts'
import { readConfigFacts } from './config.ts'
import { readLinux } from './linux.ts'
import { commandLine, listenersAt } from './listeners.ts'
import type { Machine } from './machine.ts'
import { readMacos } from './macos.ts'
import type { Env } from '../paths.ts'
import { type Started, readProgram } from './program.ts'

export interface Here {
  readonly platform: NodeJS.Platform
  readonly env: Readonly<Record<string, string | undefined>>
  readonly process: Started
}

const DNS_PORT = 53

/**
 * Looks at a machine.
 * @param configPath absolute.
 * @throws UsageError for an operating system that is not supported; ConfigFileError for a configuration that is wrong.
 */
export async function readFacts(machine: Machine, configPath: string, here: Here): Promise<Facts> {
  const program = await readProgram(here.process)
  const config = await readConfigFacts(machine, configPath)
  const ports = config?.listen?.map(({ port }) => port) ?? [DNS_PORT, DEFAULT_DNS.port]
  const listeners = machine.ask === undefined ? [] : await othersAt(ports, program.program)
  const every = { program, config, listeners }
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
async function othersAt(ports: readonly number[], program: string): Promise<readonly Listener[]> {
  const others: Listener[] = []
  for (const listener of await listenersAt(ports)) {
    const own = listener.pid !== undefined && isService(await commandLine(listener.pid), program)
    if (!own) others.push(listener)
  }
  return others
}

function isService(line: string, program: string): boolean {
  return line.includes(`${program} up --config `)
}

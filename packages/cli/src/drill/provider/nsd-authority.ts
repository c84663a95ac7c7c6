import { spawnSync } from 'node:child_process'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Children } from '../machine/children.ts'
import { programPath } from '../machine/program-path.ts'
import { untilSoa } from '../machine/soa.ts'
import type { HostPort } from '../../values/host-port.ts'
import type { Authority } from './authority.ts'
import { DOMAIN } from './zone-text.ts'

/** Questions for a new serial after which NSD is told once more. */
const NUDGE = 20

/** The authority where NSD is installed. @returns undefined where it is not, or does not start. */
export async function startNsdAuthority(
  children: Children,
  at: HostPort,
  directory: string,
  zone: string,
): Promise<Authority | undefined> {
  const nsd = programPath('nsd')
  if (nsd === undefined) return undefined
  const { stderr } = spawnSync(nsd, ['-v'], { encoding: 'utf8', timeout: 10_000 })
  const [, version = ''] = /NSD version (\S+)/i.exec(stderr) ?? []
  await mkdir(directory, { recursive: true })
  const zoneFile = join(directory, 'zone')
  await writeFile(zoneFile, zone)
  await writeFile(join(directory, 'nsd.conf'), configuration(at, directory))
  const child = children.start([nsd, '-d', '-c', join(directory, 'nsd.conf')])
  const isUp = await untilSoa(
    at,
    DOMAIN,
    serial => serial !== undefined,
    () => child.isRunning,
  )
  if (!isUp) {
    await child.kill()
    return undefined
  }
  return {
    software: `NSD ${version}`,
    at,
    load: async (text, serial) => {
      await writeFile(`${zoneFile}.new`, text)
      await rename(`${zoneFile}.new`, zoneFile)
      child.signal('SIGHUP', 'alone')
      // It reads the file behind, and what it is told meanwhile may be lost.
      let questions = 0
      const goOn = (): boolean => {
        questions += 1
        if (questions % NUDGE === 0) child.signal('SIGHUP', 'alone')
        return child.isRunning
      }
      await untilSoa(at, DOMAIN, served => served === serial, goOn)
    },
    [Symbol.asyncDispose]: async () => child[Symbol.asyncDispose](),
  }
}

function configuration({ host, port }: HostPort, directory: string): string {
  return `server:
  ip-address: ${host}@${port}
  server-count: 1
  username: ""
  chroot: ""
  zonesdir: "${directory}"
  pidfile: "${directory}/pid"
  xfrdfile: "${directory}/xfrd"
  xfrdir: "${directory}"
  zonelistfile: "${directory}/list"
  rrl-ratelimit: 0
  hide-version: yes
remote-control:
  control-enable: no
zone:
  name: "${DOMAIN}"
  zonefile: zone
`
}

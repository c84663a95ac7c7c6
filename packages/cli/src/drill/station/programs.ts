import { spawnSync } from 'node:child_process'
import type { Program } from './settings.ts'

/** The programs that this machine has. @param free whether each can have a resolv.conf of its own. */
export function programsHere(free: boolean): Program[] {
  const curl = curlHere(free)
  const python = free ? pythonHere() : undefined
  return [
    ...(curl === undefined ? [] : [curl]),
    { kind: 'node', name: `Node ${process.versions.node} http` },
    ...(python === undefined ? [] : [python]),
  ]
}

// Only a curl that was built with c-ares can be told where to ask.
function curlHere(free: boolean): Program | undefined {
  const version = output('curl', ['--version'])
  const [, number] = /^curl (\S+)/.exec(version) ?? []
  if (number === undefined || (!free && !version.includes('c-ares'))) return undefined
  return { kind: 'curl', name: `curl ${number}` }
}

function pythonHere(): Program | undefined {
  const ask = 'import requests; print("requests", requests.__version__)'
  const [, requests] = /^requests (\S+)/.exec(output('python3', ['-c', ask])) ?? []
  if (requests !== undefined)
    return { kind: 'python', name: `Python requests ${requests}`, module: 'requests' }
  const [, version] = /^Python (\S+)/.exec(output('python3', ['--version'])) ?? []
  return version === undefined
    ? undefined
    : { kind: 'python', name: `Python ${version} urllib`, module: 'urllib' }
}

function output(program: string, args: readonly string[]): string {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 10_000 })
  return status === 0 ? stdout : ''
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { printHostPort } from '../../values/host-port.ts'
import { GREETING } from '../machine/service.ts'
import { type Client, checkBody } from './client.ts'
import type { StationSettings } from './settings.ts'

/** A curl for each request. */
export function curlClient(name: string, { host, port, patience, dns }: StationSettings): Client {
  const asking = dns === undefined ? [] : ['--dns-servers', printHostPort(dns)]
  const limit = String(patience / 1000)
  const args = [
    '--silent',
    '--show-error',
    '--fail',
    '--max-time',
    limit,
    ...asking,
    `http://${host}:${port}/`,
  ]
  return {
    name,
    request: async signal => {
      const { stdout } = await run('curl', args, { signal, killSignal: 'SIGKILL' }).catch(
        (error: unknown) => {
          throw new Error(problemOf(error), { cause: error })
        },
      )
      checkBody(stdout, GREETING)
    },
  }
}

const run = promisify(execFile)

function problemOf(error: unknown): string {
  const { stderr = '', message } = error as Error & { readonly stderr?: string }
  return stderr.trim() || message
}

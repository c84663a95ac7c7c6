import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { GREETING } from '../machine/service.ts'
import type { Client } from './client.ts'
import type { Program, StationSettings } from './settings.ts'

// One line in is one request; its number comes back with what went wrong, if anything did.
const SCRIPT = `
import sys, threading
kind, url, patience, greeting = sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4]
if kind == 'requests':
    import requests
    def fetch():
        answer = requests.get(url, timeout=patience)
        answer.raise_for_status()
        return answer.text
else:
    from urllib.request import ProxyHandler, build_opener
    def fetch():
        with build_opener(ProxyHandler({})).open(url, timeout=patience) as answer:
            return answer.read().decode()
lock = threading.Lock()
def one(number):
    try:
        problem = '' if fetch() == greeting else 'another answer'
    except Exception as error:
        problem = (str(error) or type(error).__name__).replace('\\n', ' ')
    with lock:
        print(number, problem, flush=True)
for line in sys.stdin:
    threading.Thread(target=one, args=(line.strip(),), daemon=True).start()
`

/** One Python that runs on, with a connection and a lookup for each request. */
export function pythonClient(
  { name, module }: Extract<Program, { kind: 'python' }>,
  { host, port, patience }: StationSettings,
): Client {
  const url = `http://${host}:${port}/`
  const args = ['-c', SCRIPT, module, url, String(patience / 1000), GREETING]
  const python = spawn('python3', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const waiting = new Map<string, (problem: string) => void>()
  let next = 0
  python.on('error', () => {})
  python.stdin.on('error', () => {})
  createInterface({ input: python.stdout }).on('line', line => {
    const [, number = '', problem = ''] = /^(\d+) (.*)$/.exec(line) ?? []
    waiting.get(number)?.(problem)
  })
  return {
    name,
    request: async signal => {
      const number = String(next++)
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const giveUp = (): void => reject(signal.reason as Error)
      signal.addEventListener('abort', giveUp)
      waiting.set(number, problem => {
        if (problem === '') resolve()
        else reject(new Error(problem))
      })
      python.stdin.write(`${number}\n`)
      try {
        await promise
      } finally {
        waiting.delete(number)
        signal.removeEventListener('abort', giveUp)
      }
    },
  }
}

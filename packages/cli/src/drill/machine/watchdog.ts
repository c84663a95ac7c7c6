// Outlives a drill that is killed, and ends what that one started. It hears `+ <process id>` and `- <process id>`.
import { parentOf } from './child.ts'

const { onLine } = parentOf<object, never>()
const groups = new Set<number>()
onLine(line => {
  const group = Number(line.slice(2))
  if (line.startsWith('+')) groups.add(group)
  else groups.delete(group)
})
process.on('exit', () => {
  for (const group of groups)
    try {
      process.kill(-group, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
})

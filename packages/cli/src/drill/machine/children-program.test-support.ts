// Starts something that runs on, says which process that is, and waits to be killed.
import { Children } from './children.ts'

const child = new Children(new AbortController().signal).start(['sleep', '60'])
process.stdout.write(`${child.pid}\n`)

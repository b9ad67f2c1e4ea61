/** `npm start`: brings the example network up and keeps it up until Ctrl-C. Arguments go to `glacis up`. */
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { root } from './checkout.mjs'

const example = join(root, 'examples', 'two-sites', 'network.yaml')
process.argv.splice(2, 0, 'up', relative(process.cwd(), example))
// In this process, not in a child: the terminal's interrupt then has one receiver, and one exit code.
createRequire(import.meta.url)('../bin/glacis')

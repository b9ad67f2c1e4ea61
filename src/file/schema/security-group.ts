/** Where a network security group of Azure is taken from. */
import * as v from 'valibot'
import { path } from './values.ts'

/** A group of Azure, in a file of Azure's. */
export const SecurityGroup = v.pipe(
  v.union(
    [
      path,
      v.strictObject({
        file: v.pipe(path, v.description('Path of the JSON file, from the directory of this file.')),
        name: v.optional(v.pipe(v.string(), v.description('Which of several groups in the file.'))),
        parameters: v.optional(
          v.pipe(path, v.description('Parameter file of the template, as for a deployment.')),
        ),
      }),
    ],
    'file or group',
  ),
  v.description(
    'A network security group: a template or parameter file of Azure, or what `az network nsg show` prints. See `docs/guide/network-security-groups.md`.',
  ),
  v.examples(['web-nsg.json', { file: 'azuredeploy.json', name: 'web-nsg' }]),
)

/** Intact files with a network security group `edge`, one of each form, with denials in every place where there can be some. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const rule = (name: string, priority: number, access: string, more: { [key: string]: Json }): Json => ({
  name,
  properties: {
    priority,
    access,
    direction: 'Inbound',
    protocol: 'Tcp',
    sourceAddressPrefix: '*',
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: '*',
    ...more,
  },
})

export const template: Json = {
  parameters: { port: { type: 'int', defaultValue: 443 }, closed: { type: 'bool', defaultValue: true } },
  variables: {
    name: "[concat('ed', 'ge')]",
    bad: { net: '8.8.0.0/16' },
    copy: [{ name: 'ports', count: 2, input: "[string(add(8000, copyIndex('ports')))]" }],
  },
  resources: [
    {
      type: 'Microsoft.Network/networkSecurityGroups',
      name: "[variables('name')]",
      properties: {
        securityRules: [
          rule('Bad', 100, 'Deny', { sourceAddressPrefix: "[variables('bad').net]", protocol: '*' }),
          rule('Web', 200, 'Allow', { destinationPortRange: "[parameters('port')]" }),
          rule('More', 210, "[if(parameters('closed'), 'Deny', 'Allow')]", {
            destinationPortRange: '',
            destinationPortRanges: "[variables('ports')]",
          }),
          rule('Ssh', 220, 'Deny', { destinationPortRange: '22', sourceAddressPrefix: 'Internet' }),
          rule('All', 300, 'Allow', {
            sourceAddressPrefix: '',
            sourceAddressPrefixes: ['9.9.9.9', '2600::/32'],
          }),
        ],
      },
      resources: [
        {
          type: 'securityRules',
          name: 'Nested',
          properties: {
            ...(rule('', 110, 'Deny', { destinationPortRange: '9000-9100' }) as { properties: object })
              .properties,
          },
        },
      ],
    },
    {
      type: 'Microsoft.Network/networkSecurityGroups/securityRules',
      name: "[concat(variables('name'), '/Apart')]",
      properties: {
        ...(
          rule('', 120, 'Deny', { protocol: 'Udp', sourceAddressPrefix: '9.9.9.9' }) as { properties: object }
        ).properties,
      },
    },
    {
      type: 'Microsoft.Resources/deployments',
      name: 'inner',
      properties: {
        mode: 'Incremental',
        expressionEvaluationOptions: { scope: 'inner' },
        parameters: { group: { value: "[variables('name')]" } },
        template: {
          parameters: { group: { type: 'string' } },
          resources: [
            {
              type: 'Microsoft.Network/networkSecurityGroups/securityRules',
              name: "[concat(parameters('group'), '/Deep')]",
              properties: {
                ...(rule('', 130, 'Deny', { destinationPortRange: '7000' }) as { properties: object })
                  .properties,
              },
            },
          ],
        },
      },
    },
  ],
}

export const shown: Json = {
  name: 'edge',
  id: '/subscriptions/s/edge',
  securityRules: [
    rule('A', 100, 'Deny', { sourceAddressPrefix: '8.8.8.8' }),
    rule('B', 110, 'Allow', { destinationPortRanges: ['443', '9000'], destinationPortRange: null }),
    rule('C', 120, 'Deny', { direction: 'Outbound', destinationAddressPrefix: 'Internet', protocol: '*' }),
  ].map((one) => {
    const { name, properties } = one as { name: string; properties: { [key: string]: Json } }
    return { name, provisioningState: 'Succeeded', ...properties }
  }),
  defaultSecurityRules: [
    {
      name: 'DenyAllInBound',
      access: 'Deny',
      direction: 'Inbound',
      priority: 65_500,
      protocol: '*',
      sourceAddressPrefix: '*',
      sourcePortRange: '*',
      destinationAddressPrefix: '*',
      destinationPortRange: '*',
    },
  ],
}

export const blocks: Json = {
  parameters: {
    buildingBlocks: {
      value: [
        {
          type: 'NetworkSecurityGroup',
          settings: [
            { name: 'other', securityRules: [{ name: 'RDP' }] },
            {
              name: 'edge',
              securityRules: [
                {
                  name: 'no',
                  ...(
                    rule('', 100, 'Deny', { destinationPortRange: 443, sourceAddressPrefix: '8.8.8.8' }) as {
                      properties: object
                    }
                  ).properties,
                },
                { name: 'HTTPS', priority: 110 },
                { name: 'SSH', sourceAddressPrefix: '9.9.9.9' },
              ],
            },
          ],
        },
      ],
    },
  },
}

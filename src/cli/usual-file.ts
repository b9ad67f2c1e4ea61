/** The network file that is meant where a command is given none. */
export const usualFile = 'network.yaml'

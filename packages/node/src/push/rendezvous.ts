/** How peers that listen in a topic find each other, where not everybody is connected with everybody. */
export interface Rendezvous {
  /**
   * Lets others find this node by a topic, from now on for as long as it runs, in each network in which that was not
   * said yet. Resolves to how many peers were told now; 0 where nobody was there to be told, or where nobody can reach
   * this node. Rejects where one network failed, whatever became of the others.
   */
  beFound(topic: string, options: { readonly signal: AbortSignal }): Promise<number>
  /** Ends it: those who were told forget within two days. */
  beFoundNoMore(topic: string): Promise<void>
  /**
   * Connects with up to `count` others who let themselves be found by a topic. Those out of reach count for nothing.
   * Rejects where there were fewer and one network failed.
   */
  meet(topic: string, count: number, options: { readonly signal: AbortSignal }): Promise<void>
}

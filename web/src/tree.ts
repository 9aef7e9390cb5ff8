// Turns the flat list of a cluster's instances into the trees that their replication forms.

import type { Instance, InstanceKey } from "./api";

export interface Node {
  instance: Instance;
  replicas: Node[];
}

export const keyText = (key: InstanceKey): string => `${key.Hostname}:${key.Port}`;

// Masters that are not in the list make their replicas roots. A circle (co-masters) is entered at the
// instance that comes first by name, so that every instance is in the result exactly once.
export function trees(instances: Instance[]): Node[] {
  const byName = [...instances].sort((a, b) => keyText(a.Key).localeCompare(keyText(b.Key)));
  const known = new Set(byName.map((instance) => keyText(instance.Key)));
  const placed = new Set<string>();

  const place = (instance: Instance): Node => {
    const name = keyText(instance.Key);
    placed.add(name);
    const replicas = byName.filter((other) => keyText(other.MasterKey) === name && !placed.has(keyText(other.Key)));
    for (const replica of replicas) placed.add(keyText(replica.Key));
    return { instance, replicas: replicas.map(place) };
  };

  const roots = byName.filter((instance) => !known.has(keyText(instance.MasterKey))).map(place);
  for (const instance of byName) {
    if (!placed.has(keyText(instance.Key))) roots.push(place(instance));
  }
  return roots;
}

// What the pages still decide themselves, because the API does not say it. Each of these needs a field of the API.

import { type Instance, type InstanceKey, keyText } from "./requests";

// The siblings of an instance below which its replicas may be matched.
export function servingSiblings(key: InstanceKey, instances: readonly Instance[]): Instance[] {
  const own = instances.find((one) => keyText(one.Key) === keyText(key));
  if (!own || !own.IsReplica) return [];
  return instances.filter((one) =>
    one !== own && keyText(one.MasterKey) === keyText(own.MasterKey) &&
    one.LogBinEnabled && one.LogSlaveUpdatesEnabled && one.IsLastCheckValid && one.IsRecentlyChecked);
}

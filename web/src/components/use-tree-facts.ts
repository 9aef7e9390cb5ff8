// What the cards of a cluster show besides their instances.

import { useEffect, useMemo, useState } from "preact/hooks";
import { type Analysis, type Instance, instancePath, keyText, read } from "../requests";
import { dataCenterNumbers } from "../display";
import { useValue } from "../observable";
import { colouredDataCenters } from "../preferences";
import { analyses, maintenance } from "../shared";
import { useNaming, useWhyNot } from "../shown";
import type { TreeFacts } from "./tree-card";

export function useTreeFacts(cluster: string, instances: Instance[]): TreeFacts {
  const held = useValue(maintenance);
  const areColoured = useValue(colouredDataCenters);
  const mayChange = useWhyNot() === "";
  const naming = useNaming(useMemo(() => instances.map((one) => keyText(one.Key)), [instances]));
  const all = useValue(analyses);
  const failed = useMemo(
    () => new Map(all.filter((one) => one.ClusterName === cluster && !one.LastCheckValid).map((one) => [keyText(one.AnalyzedInstanceKey), one])),
    [all, cluster],
  );
  const stars = useCandidates(failed);
  return useMemo(
    () => ({ instances, naming, held, failed, stars, dataCenters: dataCenterNumbers(instances), areColoured, mayChange }),
    [instances, naming, held, failed, stars, areColoured, mayChange],
  );
}

// For each unreachable master, the candidate that the server names.
function useCandidates(failed: ReadonlyMap<string, Analysis>): ReadonlySet<string> {
  const [candidates, setCandidates] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    let isCurrent = true;
    const keys = [...failed.values()].map((one) => one.AnalyzedInstanceKey);
    // The server refuses if no replica can be a candidate.
    const asked = keys.map((key) => read(instancePath("get-candidate-slave", key)).then(keyText, () => ""));
    void Promise.all(asked).then((found) => {
      if (isCurrent) setCandidates(new Set(found.filter((name) => name !== "")));
    });
    return () => {
      isCurrent = false;
    };
  }, [failed]);
  return candidates;
}

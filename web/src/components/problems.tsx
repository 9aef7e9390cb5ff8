// The drop-down list of problems, on every page; on the page of a cluster, the problems of that cluster only.

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Instance, keyText } from "../requests";
import { countMarks, markText } from "../display";
import { openInstance } from "../dialogs";
import { Observable, useValue } from "../observable";
import { clusterInView, maintenance, problemInstances } from "../shared";
import { useNaming } from "../shown";
import { ProblemBadge } from "./badges";
import { InstanceCard } from "./instance-card";
import { Menu } from "./menu";

// More boxes make the page slow.
const mostShown = 60;
const wideEnough = 1100;
const areWanted = new Observable(true);

export function ProblemsMenu(): JSX.Element | null {
  const inView = useValue(clusterInView);
  const everywhere = useValue(problemInstances);
  const [isOpen, setOpen] = useState(false);

  // A cluster's page opens the list if there is room beside the tree, unless the user has closed it.
  const cluster = inView?.name;
  const found = useMemo(
    () => (cluster === undefined ? everywhere : everywhere.filter(({ ClusterName }) => ClusterName === cluster)),
    [cluster, everywhere],
  );
  const hasProblems = found.length > 0;
  const isBeside = cluster !== undefined && innerWidth >= wideEnough;
  useEffect(() => {
    setOpen(isBeside && hasProblems && areWanted.value);
  }, [cluster, isBeside, hasProblems]);

  if (!hasProblems) return null;
  const label = cluster === undefined ? "Problems" : "Cluster problems";
  return (
    <Menu
      label={<>{label} <span class="count" data-problem-count={found.length}>{found.length}</span></>}
      hook="problems"
      className={isBeside ? "problems-menu beside" : "problems-menu"}
      opensToLeft
      isOpen={isOpen}
      staysOpen={isBeside}
      onToggle={(open) => {
        if (isBeside) areWanted.set(open);
        setOpen(open);
      }}
    >
      <ProblemList label={label} found={found} names={(inView?.instances ?? everywhere).map((one) => keyText(one.Key))} />
    </Menu>
  );
}

function ProblemList({ label, found, names }: { label: string; found: Instance[]; names: string[] }): JSX.Element {
  const held = useValue(maintenance);
  const naming = useNaming(names);
  return (
    <>
      <p class="problem-counts">
        {countMarks(found, () => false).map(([problem, count]) => <ProblemBadge key={problem} problem={problem} count={count} />)}
      </p>
      <ul class="problem-list" aria-label={label}>
        {found.slice(0, mostShown).map((instance) => (
          <li key={keyText(instance.Key)}>
            <InstanceCard
              instance={instance}
              naming={naming}
              held={held.get(keyText(instance.Key))}
              problem={instance.Problem}
              isProblemSaid
            >
              <button type="button" class="plain problem-line" onClick={() => openInstance(instance)}>
                Problem: {instance.Problem !== "" && markText(instance.Problem)}
              </button>
            </InstanceCard>
          </li>
        ))}
      </ul>
      {found.length > mostShown && <p>And {found.length - mostShown} more.</p>}
    </>
  );
}

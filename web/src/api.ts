// What the page reads from the server, and the part of its JSON that it uses.

export interface InstanceKey {
  Hostname: string;
  Port: number;
}

export interface NullableNumber {
  Int64: number;
  Valid: boolean;
}

export interface Instance {
  Key: InstanceKey;
  MasterKey: InstanceKey;
  Version: string;
  Binlog_format: string;
  LogBinEnabled: boolean;
  ReadOnly: boolean;
  IsLastCheckValid: boolean;
  Slave_SQL_Running: boolean;
  Slave_IO_Running: boolean;
  SecondsBehindMaster: NullableNumber;
}

export interface ClusterInfo {
  ClusterName: string;
  ClusterAlias: string;
  CountInstances: number;
}

interface Refusal {
  Code: string;
  Message: string;
}

function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === "object" && answer !== null && (answer as Refusal).Code === "ERROR";
}

// The page may live below any path of its host, the API lies beside it.
async function read<T>(path: string): Promise<T> {
  const response = await fetch(new URL(`api/${path}`, document.baseURI), {
    headers: { Accept: "application/json" },
  });
  const answer: unknown = await response.json().catch(() => null);
  if (isRefusal(answer)) throw new Error(answer.Message);
  if (!response.ok || answer === null) throw new Error(`the server answered ${response.status} to api/${path}`);
  return answer as T;
}

export const readClusters = (): Promise<ClusterInfo[]> => read("clusters-info");

export const readCluster = (name: string): Promise<Instance[]> => read(`cluster/${encodeURIComponent(name)}`);

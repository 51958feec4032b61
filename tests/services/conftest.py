"""Servers once for all of these tests, and workspaces of their own in them."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from kpi.engines.spark import local_session
from tests.services.servers import ObjectStore, Postgres, object_store, postgres

NUMBERS = count(1)


@pytest.fixture(scope="session")
def catalog_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="session")
def object_server() -> Iterator[ObjectStore]:
    with object_store() as server:
        yield server


@pytest.fixture(scope="session")
def environment(catalog_server: Postgres, object_server: ObjectStore) -> Iterator[None]:
    """Set what a person sets beside store.yaml: the secrets, and where the object store is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", catalog_server.password)
        patch.setenv("AWS_ACCESS_KEY_ID", "denominator")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "only-for-tests")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", object_server.url)
        yield


@pytest.fixture(scope="session")
def share(environment: None, catalog_server: Postgres, object_server: ObjectStore) -> Callable[[Path], Path]:
    """Give the function that writes a workspace's store.yaml for a new shared store, and gives the lake's folder."""

    def shared(root: Path) -> Path:
        number = next(NUMBERS)
        catalog, files = catalog_server.database(f"lake{number}"), object_server.bucket(f"lake{number}")
        root.mkdir(parents=True, exist_ok=True)
        (root / "store.yaml").write_text(f"catalog: {catalog}\nfiles: {files}/denominator\n", encoding="utf-8")
        return root / "data" / "lake"

    return shared


@pytest.fixture
def lake(share: Callable[[Path], Path], tmp_path: Path) -> Path:
    return share(tmp_path)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """Give a session whose one worker is a process of its own, as on a cluster."""
    session = local_session("local-cluster[1,1,1024]")
    yield session
    session.stop()

package io.github.resilientkafka.testing;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Knows when a server that has been launched serves requests. */
@FunctionalInterface
interface Readiness {

    /**
     * Waits until the server is ready, is no longer alive, or the time is over, and says whether it is ready.
     */
    boolean await(BooleanSupplier alive, Duration timeout);
}

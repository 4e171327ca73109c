package io.github.resilientkafka.supervisor;

import static io.github.resilientkafka.supervisor.ListenerOnMocks.SOON;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class SupervisorThreadsTests {

    @Test
    @DisplayName("g: an error of the JVM does not end the looks at listeners")
    void errors() {
        AtomicInteger looks = new AtomicInteger();
        try (SupervisorThreads threads = new SupervisorThreads()) {
            threads.every(Duration.ofMillis(20), () -> {
                if (looks.incrementAndGet() == 1) {
                    throw new OutOfMemoryError("unable to create native thread, says the test");
                }
            });
            await().atMost(SOON).until(() -> looks.get() > 2);
        }
    }
}

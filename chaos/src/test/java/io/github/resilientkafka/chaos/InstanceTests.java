package io.github.resilientkafka.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.github.resilientkafka.testing.LocalServer.State;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstanceTests {

    @TempDir
    Path directory;

    @Test
    @DisplayName("One that has ended by itself is neither stopped nor killed any more, which would excuse it")
    void oneThatEndsByItselfSpoilsTheTrial() {
        try (Instance instance =
                new Instance(this.directory.resolve("a"), Idle.class, List.of(), new Link(1), new Link(1))) {
            instance.kill();
            instance.kill();
            instance.start();
            instance.freeze();
            instance.stop();
            instance.start();
            assertThat(Journal.count(this.directory.resolve("a"))).isEqualTo(3);

            crash();
            Awaitility.await().until(() -> instance.state() == State.STOPPED);
            for (ThrowingCallable act : List.<ThrowingCallable>of(
                    instance::kill, instance::stop, instance::freeze, instance::start, instance::restart)) {
                assertThatIllegalStateException().isThrownBy(act).withMessage("Instance a has ended by itself");
            }
        }
    }

    /** Ends the application behind the instance's back. */
    private void crash() {
        List<ProcessHandle> applications = ProcessHandle.current()
                .descendants()
                .filter(process -> process.info().command().orElse("").endsWith("java"))
                .filter(process -> process.info().commandLine().orElse("").contains(this.directory.toString()))
                .toList();
        assertThat(applications).hasSize(1).allMatch(ProcessHandle::destroyForcibly);
    }

    static final class Idle {

        private Idle() {}

        public static void main(String[] arguments) throws IOException, InterruptedException {
            Path directory = Path.of(arguments[0].substring("--chaos.directory=".length()));
            Instance.isUp(directory, new Journal(directory));
            new CountDownLatch(1).await();
        }
    }
}

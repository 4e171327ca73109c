package io.github.resilientkafka.benchmarks;

import io.github.resilientkafka.message.PublishResult;
import io.github.resilientkafka.message.PublishResult.Outcome;
import io.github.resilientkafka.publisher.EventPublisher;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * What a publish costs the thread that calls it, for JMH: it measures a number of calls in a row, and has all of them awaited
 * afterwards, which does not count.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CallerCost {

    /** Names the system property with what {@link Application#addresses} says, separated by spaces. */
    static final String ADDRESSES = "benchmarks.addresses";

    /** Calls our publisher. */
    @Benchmark
    public void ours(Ours side) {
        int event = side.event++;
        side.inFlight.add(side.publisher.publish(Servers.TOPIC, Events.key(event), Events.value(event)));
    }

    /** Calls a {@link BareTemplate}. */
    @Benchmark
    public void template(Template side) {
        side.inFlight.add(side.template.send(side.event++));
    }

    private static Application startApplication() {
        Application application =
                Application.start(List.of(System.getProperty(ADDRESSES, "").split(" ")));
        try {
            application.awaitReady();
            return application;
        } catch (InterruptedException ex) {
            throw new IllegalStateException(ex);
        }
    }

    /** An application that publishes. */
    @State(Scope.Thread)
    public static class Ours {

        private final Application application = startApplication();

        private final EventPublisher publisher = this.application.publisher();

        private final List<CompletableFuture<PublishResult>> inFlight = new ArrayList<>();

        private int event;

        /** Waits for what was published. */
        @TearDown(Level.Iteration)
        public void await() {
            this.inFlight.forEach(future -> {
                if (future.join().outcome() != Outcome.SENT) {
                    throw new IllegalStateException("Not what is to be measured: " + future.join());
                }
            });
            this.inFlight.clear();
        }

        /** Ends the application. */
        @TearDown(Level.Trial)
        public void close() {
            this.application.close();
        }
    }

    /** The same application, which uses a template instead. */
    @State(Scope.Thread)
    public static class Template {

        private final Application application = startApplication();

        private final BareTemplate template = besideApplication();

        private final List<CompletableFuture<?>> inFlight = new ArrayList<>();

        private int event;

        private BareTemplate besideApplication() {
            try {
                return BareTemplate.beside(this.application);
            } catch (Exception ex) {
                throw new IllegalStateException(ex);
            }
        }

        /** Waits for what was sent. */
        @TearDown(Level.Iteration)
        public void await() {
            this.inFlight.forEach(CompletableFuture::join);
            this.inFlight.clear();
        }

        /** Ends the application. */
        @TearDown(Level.Trial)
        public void close() {
            this.template.close();
            this.application.close();
        }
    }
}

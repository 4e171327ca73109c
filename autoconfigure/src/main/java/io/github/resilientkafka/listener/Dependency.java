package io.github.resilientkafka.listener;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Something that handlers need, and what is known of it. Where nobody can tell, it is never known to be down. Thread-safe.
 */
final class Dependency {

    private static final Logger logger = LoggerFactory.getLogger(Dependency.class);

    private static final long NO_ANSWER_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String name;

    private final @Nullable DependencyProbe probe;

    private final List<Runnable> whenUp = new CopyOnWriteArrayList<>();

    private volatile boolean saidDown;

    private volatile boolean asking;

    private volatile long askedNanos;

    Dependency(String name, @Nullable DependencyProbe probe) {
        this.name = name;
        this.probe = probe;
    }

    String name() {
        return this.name;
    }

    /**
     * Returns whether somebody can tell of it.
     */
    boolean canBeAsked() {
        return this.probe != null;
    }

    /**
     * Returns whether it is known to be down: its probe said so, or has not answered for 10 seconds.
     */
    boolean isDown() {
        return this.saidDown || (this.asking && System.nanoTime() - this.askedNanos > NO_ANSWER_NANOS);
    }

    /**
     * Registers what is to be done each time that it comes back, on the probe's thread. Must not block.
     */
    void whenUp(Runnable action) {
        this.whenUp.add(action);
    }

    /**
     * Asks the probe. May block as long as it does.
     */
    void ask() {
        if (this.probe == null) {
            return;
        }
        boolean wasDown = isDown();
        this.askedNanos = System.nanoTime();
        this.asking = true;
        boolean up = false;
        try {
            up = this.probe.isUp();
        } catch (RuntimeException ex) {
            logger.debug("The probe of {} failed: it counts as down", this.name, ex);
        } catch (Error ex) {
            // Once: it may fail at each question, for good.
            logger.atLevel(wasDown ? Level.DEBUG : Level.ERROR)
                    .setCause(ex)
                    .log("The probe of {} failed: it counts as down, and is asked again", this.name);
        } finally {
            wasDown |= isDown();
            this.saidDown = !up;
            this.asking = false;
        }
        if (up && wasDown) {
            logger.info("Dependency {} is up again", this.name);
            this.whenUp.forEach(Runnable::run);
        } else if (!up && !wasDown) {
            logger.warn("Dependency {} is down: listeners that need it wait", this.name);
        }
    }
}

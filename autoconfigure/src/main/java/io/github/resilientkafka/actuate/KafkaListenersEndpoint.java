package io.github.resilientkafka.actuate;

import static io.github.resilientkafka.actuate.EventAnswer.conflict;
import static io.github.resilientkafka.actuate.EventAnswer.notFound;
import static io.github.resilientkafka.actuate.EventAnswer.ok;

import io.github.resilientkafka.actuate.ListenerAnswers.Listener;
import io.github.resilientkafka.actuate.ListenerAnswers.Listeners;
import io.github.resilientkafka.listener.ListenerContainers;
import io.github.resilientkafka.supervisor.ListenerState;
import io.github.resilientkafka.supervisor.ListenerStatus;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import java.util.Optional;
import java.util.function.Consumer;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;

/**
 * Looks at listeners and intervenes:
 * <pre>
 * GET  /actuator/kafkalisteners                all listeners of this instance
 * GET  /actuator/kafkalisteners/{id}           one
 * POST /actuator/kafkalisteners/{id}/pause     gives its handler no more records; it stays in its group
 * POST /actuator/kafkalisteners/{id}/resume    takes a pause or a suspension back, or starts it again though it was given up
 * POST /actuator/kafkalisteners/{id}/suspend   stops it until it is resumed or restarted
 * POST /actuator/kafkalisteners/{id}/restart   stops it and starts it, with new consumers
 * </pre>
 * Each is answered with the listener as it then is; anything wrong with a problem document.
 */
@WebEndpoint(id = KafkaListenersEndpoint.ID)
class KafkaListenersEndpoint {

    static final String ID = "kafkalisteners";

    private static final String ACTIONS = "pause, resume, suspend, restart";

    private final ListenerSupervisor supervisor;

    private final ListenerContainers containers;

    KafkaListenersEndpoint(ListenerSupervisor supervisor, ListenerContainers containers) {
        this.supervisor = supervisor;
        this.containers = containers;
    }

    @ReadOperation
    Listeners all() {
        return new Listeners(this.supervisor.status().stream().map(Listener::of).toList());
    }

    @ReadOperation
    WebEndpointResponse<Object> one(@Selector String id) {
        return show(id);
    }

    @WriteOperation
    WebEndpointResponse<Object> act(@Selector String id, @Selector String action) {
        Optional<ListenerStatus> before = this.supervisor.status(id);
        if (before.isEmpty()) {
            return unknown(id);
        }
        return switch (action) {
            case "pause" -> pause(before.get());
            case "resume" -> resume(before.get());
            case "suspend" -> done(id, this.supervisor::suspend);
            case "restart" -> done(id, this.supervisor::restart);
            default -> notFound("No action '" + ErrorText.of(action) + "'; there are: " + ACTIONS);
        };
    }

    private WebEndpointResponse<Object> pause(ListenerStatus listener) {
        return switch (listener.state()) {
            case STARTING, RUNNING, RESTARTING ->
                done(listener.id(), id -> container(id).pause());
            default ->
                conflict("Listener " + ErrorText.of(listener.id()) + " is " + listener.state()
                        + ": there is nothing to be paused");
        };
    }

    /**
     * What the application has stopped is the application's to start.
     */
    private WebEndpointResponse<Object> resume(ListenerStatus listener) {
        if (!listener.paused()
                && (listener.state() == ListenerState.STOPPED || listener.state() == ListenerState.NOT_STARTED)) {
            return conflict("Listener " + ErrorText.of(listener.id()) + " is " + listener.state()
                    + ": it was neither paused nor suspended; restart starts it");
        }
        return done(listener.id(), id -> {
            if (listener.paused()) {
                container(id).resume();
            }
            if (listener.state() == ListenerState.SUSPENDED || listener.state() == ListenerState.GAVE_UP) {
                this.supervisor.resume(id);
            }
        });
    }

    private AbstractMessageListenerContainer<?, ?> container(String id) {
        return this.containers
                .find(id)
                .orElseThrow(() -> new IllegalArgumentException("No listener " + id))
                .container();
    }

    private WebEndpointResponse<Object> done(String id, Consumer<String> action) {
        return EventAnswer.of(() -> {
            action.accept(id);
            return show(id);
        });
    }

    private WebEndpointResponse<Object> show(String id) {
        return this.supervisor.status(id).map(status -> ok(Listener.of(status))).orElseGet(() -> unknown(id));
    }

    private static WebEndpointResponse<Object> unknown(String id) {
        return notFound("No listener with id '" + ErrorText.of(id) + "' that is looked after");
    }
}

package io.github.resilientkafka.sample.demo;

import io.github.resilientkafka.testing.LocalKafka;
import io.github.resilientkafka.testing.LocalServer.State;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * The broker's switch. A broker that is not the sample's own is left alone.
 */
@RestController
@RequestMapping("/demo/broker")
class BrokerController {

    private final ObjectProvider<LocalKafka> embedded;

    BrokerController(ObjectProvider<LocalKafka> embedded) {
        this.embedded = embedded;
    }

    @GetMapping
    BrokerState state() {
        return new BrokerState(broker().state());
    }

    /**
     * Returns when it is done: a start takes seconds.
     */
    @PostMapping("/{action}")
    BrokerState change(@PathVariable String action) {
        Action known = Action.of(action);
        LocalKafka broker = broker();
        try {
            known.effect.accept(broker);
        } catch (IllegalStateException ex) {
            throw new ResponseStatusException(HttpStatus.CONFLICT, ex.getMessage(), ex);
        }
        return new BrokerState(broker.state());
    }

    private LocalKafka broker() {
        LocalKafka broker = this.embedded.getIfAvailable();
        if (broker == null) {
            throw new ResponseStatusException(
                    HttpStatus.CONFLICT,
                    "The broker is not the sample's own: spring.kafka.bootstrap-servers is set. Stop it yourself.");
        }
        return broker;
    }

    /**
     * What can be done to a broker.
     */
    private enum Action {
        STOP(LocalKafka::stop),
        KILL(LocalKafka::kill),
        FREEZE(LocalKafka::freeze),
        START(LocalKafka::start);

        private final Consumer<LocalKafka> effect;

        Action(Consumer<LocalKafka> effect) {
            this.effect = effect;
        }

        static Action of(String name) {
            return Arrays.stream(values())
                    .filter(action -> action.name().equalsIgnoreCase(name))
                    .findFirst()
                    .orElseThrow(() -> new ResponseStatusException(
                            HttpStatus.NOT_FOUND,
                            "No action '" + name + "'; there is: "
                                    + Arrays.stream(values())
                                            .map(action -> action.name().toLowerCase(Locale.ROOT))
                                            .collect(Collectors.joining(", "))));
        }
    }

    /**
     * What the broker is doing.
     */
    record BrokerState(State broker) {}
}

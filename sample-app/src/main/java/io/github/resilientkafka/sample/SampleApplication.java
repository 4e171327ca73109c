package io.github.resilientkafka.sample;

import io.github.resilientkafka.sample.demo.EmbeddedServers;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Starts the shop. Without {@code spring.kafka.bootstrap-servers} and {@code spring.datasource.url} it brings its own
 * broker and database.
 */
@SpringBootApplication
public class SampleApplication {

    /**
     * Starts the application.
     * @param args properties, as {@code --name=value}
     */
    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(SampleApplication.class);
        application.addInitializers(new EmbeddedServers());
        application.run(args);
    }
}
